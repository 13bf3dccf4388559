import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { failureOf, nameOf } from './failure.ts';

/** How a node's run of a command stands. */
export interface Standing {
  /** `Pending`, `InProgress`, `Success`, `Failed`, …; `Unseen`: Systems Manager does not know of it yet. */
  status: string;
  /** Such as `Delivery Timed Out`. */
  details: string;
  exitCode: number;
  /** The first 24,000 characters, once it has ended. */
  stdout: string;
  stderr: string;
}

/** Every attempt ends within 2 + 5 s, so that three of them fit into a function's time. */
const limits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

/** The least that Systems Manager takes: a command that has not started by then does not run. */
export const deliverySeconds = 30;
/** The longest that a script of ours may run. */
export const executionSeconds = 30;

/** Systems Manager's Run Command, as the kind sees it. Throws KeyturnErrors, see `failure.ts`. */
export class RunCommand {
  readonly #ssm = new SSMClient(limits);

  /** Sends a script to nodes and returns the command's id. Not idempotent, so a script must be. */
  async send(script: string, instanceIds: readonly string[], comment: string, signal: AbortSignal): Promise<string> {
    try {
      const { Command: command } = await this.#ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunShellScript',
          InstanceIds: [...instanceIds],
          Parameters: { commands: script.split('\n'), executionTimeout: [String(executionSeconds)] },
          TimeoutSeconds: deliverySeconds,
          // "Member must have length less than or equal to 100."
          Comment: comment.slice(0, 100),
        }),
        { abortSignal: signal },
      );
      if (command?.CommandId === undefined) throw new Error('no command in the answer');
      return command.CommandId;
    } catch (error) {
      throw failureOf(error, 'ssm:SendCommand', instanceIds);
    }
  }

  /** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html */
  async standing(commandId: string, instanceId: string, signal: AbortSignal): Promise<Standing> {
    try {
      const answer = await this.#ssm.send(
        new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }),
        { abortSignal: signal },
      );
      return {
        status: answer.Status ?? 'Pending',
        details: answer.StatusDetails ?? '',
        exitCode: answer.ResponseCode ?? -1,
        stdout: answer.StandardOutputContent ?? '',
        stderr: answer.StandardErrorContent ?? '',
      };
    } catch (error) {
      // Right after SendCommand it is not known everywhere.
      if (nameOf(error) === 'InvocationDoesNotExist')
        return { status: 'Unseen', details: '', exitCode: -1, stdout: '', stderr: '' };
      throw failureOf(error, 'ssm:GetCommandInvocation', [instanceId]);
    }
  }
}
