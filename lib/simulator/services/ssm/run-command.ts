import { randomUUID } from 'node:crypto';
import { AwsError, type Need, type Operation } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';
import { type ManagedInstance, runScript } from './managed-instance.ts';

interface SendInput {
  DocumentName: string;
  InstanceIds?: string[];
  Parameters?: Record<string, string[]>;
  TimeoutSeconds?: number;
  Comment?: string;
}

interface GetInput {
  CommandId: string;
  InstanceId: string;
}

interface Invocation {
  commandId: string;
  instanceId: string;
  comment: string;
  sentAtMs: number;
  status: 'Pending' | 'InProgress' | 'Delayed' | 'Success' | 'Failed' | 'TimedOut';
  statusDetails: string;
  /** "If the response code is -1, then the command hasn't started running." */
  responseCode: number;
  stdout: string;
  stderr: string;
}

export interface RunCommandOptions {
  /** How long after SendCommand GetCommandInvocation does not know the invocation. Default 100 ms. */
  visibleMs?: number;
  /** How long a command is on its way to a node. Default 50 ms. */
  deliveryMs?: number;
}

const DOCUMENT = 'AWS-RunShellScript';
/** "You can specify up to 50 IDs." */
const MOST_INSTANCES = 50;
/** "The first 24,000 characters written by the plugin to stdout", 8,000 of stderr. */
const MOST_OUTPUT = 24_000;
const MOST_ERRORS = 8_000;
/** How often the agent of a node that cannot be reached is tried again. */
const RETRY_MS = 100;

/**
 * Systems Manager's Run Command, for one document. Scripts run for real, on this machine.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
 */
export class RunCommand {
  readonly operations: { SendCommand: Operation<SendInput>; GetCommandInvocation: Operation<GetInput> };
  private readonly world: SimulatedWorld;
  private readonly options: Required<RunCommandOptions>;
  private readonly instances = new Map<string, ManagedInstance>();
  private readonly invocations = new Map<string, Invocation>();
  private readonly running = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(world: SimulatedWorld, { visibleMs = 100, deliveryMs = 50 }: RunCommandOptions = {}) {
    this.world = world;
    this.options = { visibleMs, deliveryMs };
    this.operations = { SendCommand: this.sendCommand(), GetCommandInvocation: this.getCommandInvocation() };
    world.onClose(async () => {
      this.closing.abort();
      await Promise.all(this.running);
    });
  }

  /** A node whose agent has registered itself; again with other properties, it changes. */
  register(instance: ManagedInstance): void {
    this.instances.set(instance.instanceId, instance);
  }

  deregister(instanceId: string): void {
    this.instances.delete(instanceId);
  }

  /** Resolves when every command that was sent has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.running);
  }

  private sendCommand(): Operation<SendInput> {
    return {
      needs: (input) => [
        this.documentNeed(input.DocumentName),
        ...this.instancesOf(input).map((id) => this.nodeNeed(id)),
      ],
      run: (input) => {
        const { script, executionMs, timeoutSeconds } = this.check(input);
        const commandId = randomUUID();
        const comment = input.Comment ?? '';
        for (const instanceId of this.instancesOf(input)) {
          const invocation: Invocation = {
            commandId,
            instanceId,
            comment,
            sentAtMs: this.world.nowMs(),
            status: 'Pending',
            statusDetails: 'Pending',
            responseCode: -1,
            stdout: '',
            stderr: '',
          };
          this.invocations.set(`${commandId} ${instanceId}`, invocation);
          const run = this.deliver(invocation, script, executionMs, timeoutSeconds * 1000).finally(() =>
            this.running.delete(run),
          );
          this.running.add(run);
        }
        return {
          Command: {
            CommandId: commandId,
            DocumentName: input.DocumentName,
            Comment: comment,
            InstanceIds: this.instancesOf(input),
            Parameters: input.Parameters,
            RequestedDateTime: new Date(this.world.nowMs()),
            Status: 'Pending',
            StatusDetails: 'Pending',
            TimeoutSeconds: timeoutSeconds,
            TargetCount: this.instancesOf(input).length,
          },
        };
      },
    };
  }

  private getCommandInvocation(): Operation<GetInput> {
    return {
      needs: () => [{ action: 'ssm:GetCommandInvocation', resource: '*' }],
      run: ({ CommandId: commandId, InstanceId: instanceId }) => {
        const invocation = this.invocations.get(`${commandId} ${instanceId}`);
        if (!invocation || this.world.nowMs() < invocation.sentAtMs + this.options.visibleMs)
          throw new AwsError('InvocationDoesNotExist', '');
        return {
          CommandId: commandId,
          InstanceId: instanceId,
          Comment: invocation.comment,
          DocumentName: DOCUMENT,
          PluginName: 'aws:runShellScript',
          ResponseCode: invocation.responseCode,
          Status: invocation.status,
          StatusDetails: invocation.statusDetails,
          StandardOutputContent: invocation.stdout,
          StandardErrorContent: invocation.stderr,
        };
      },
    };
  }

  /** @throws AwsError for what the API or the document does not take */
  private check(input: SendInput) {
    const ids = this.instancesOf(input);
    if (ids.length === 0 || ids.length > MOST_INSTANCES)
      throw invalid('instanceIds', `Member must have length less than or equal to ${MOST_INSTANCES}`);
    if (new Set(ids).size < ids.length) throw new AwsError('DuplicateInstanceId', '');
    if (input.DocumentName !== DOCUMENT)
      throw new AwsError('InvalidDocument', `Document with name ${input.DocumentName} does not exist.`);
    const timeoutSeconds = input.TimeoutSeconds ?? 3_600;
    if (timeoutSeconds < 30) throw invalid('timeoutSeconds', 'Member must have value greater than or equal to 30');
    if ((input.Comment ?? '').length > 100)
      throw invalid('comment', 'Member must have length less than or equal to 100');
    const { commands, executionTimeout = ['3600'], workingDirectory: _, ...others } = input.Parameters ?? {};
    if (commands === undefined || Object.keys(others).length > 0) throw new AwsError('InvalidParameters', '');
    if (!ids.every((id) => this.instances.has(id)))
      throw new AwsError('InvalidInstanceId', 'Instances not in a valid state for account');
    return { script: commands.join('\n'), executionMs: Number(executionTimeout[0]) * 1000, timeoutSeconds };
  }

  /** "If this time is reached and the command hasn't already started running, it won't run." */
  private async deliver(invocation: Invocation, script: string, executionMs: number, timeoutMs: number): Promise<void> {
    const { signal } = this.closing;
    await this.pause(this.options.deliveryMs);
    for (;;) {
      const instance = this.instances.get(invocation.instanceId);
      if (signal.aborted) return;
      if (this.world.nowMs() >= invocation.sentAtMs + timeoutMs) {
        Object.assign(invocation, { status: 'TimedOut', statusDetails: 'Delivery Timed Out' });
        return;
      }
      if (instance !== undefined && instance.online !== false) {
        Object.assign(invocation, { status: 'InProgress', statusDetails: 'In Progress' });
        const { exitCode, stdout, stderr } = await runScript(instance, script, executionMs, signal);
        Object.assign(invocation, { stdout: stdout.slice(0, MOST_OUTPUT), stderr: stderr.slice(0, MOST_ERRORS) });
        Object.assign(
          invocation,
          exitCode === undefined
            ? { status: 'TimedOut', statusDetails: 'Execution Timed Out', responseCode: 137 }
            : exitCode === 0
              ? { status: 'Success', statusDetails: 'Success', responseCode: 0 }
              : { status: 'Failed', statusDetails: 'Failed', responseCode: exitCode },
        );
        return;
      }
      Object.assign(invocation, { status: 'Delayed', statusDetails: 'Delayed' });
      await this.pause(RETRY_MS);
    }
  }

  private async pause(ms: number): Promise<void> {
    await this.world.clock.sleep(ms, this.closing.signal).catch(() => undefined);
    // A clock that jumps lets others run too.
    await new Promise((resolve) => setImmediate(resolve));
  }

  private instancesOf({ InstanceIds: ids = [] }: SendInput): string[] {
    return ids;
  }

  /** AWS's own documents belong to no account: `arn:aws:ssm:us-east-1::document/AWS-RunShellScript`. */
  private documentNeed(name: string): Need {
    return { action: 'ssm:SendCommand', resource: `arn:aws:ssm:${this.world.region}::document/${name}` };
  }

  /** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
  private nodeNeed(instanceId: string): Need {
    const { region, accountId } = this.world;
    const resource = instanceId.startsWith('mi-')
      ? `arn:aws:ssm:${region}:${accountId}:managed-instance/${instanceId}`
      : `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`;
    const tags = Object.entries(this.instances.get(instanceId)?.tags ?? {});
    const context = Object.fromEntries(
      tags.flatMap(([key, value]) => [
        [`ssm:resourceTag/${key}`, value],
        [`aws:ResourceTag/${key}`, value],
      ]),
    );
    return { action: 'ssm:SendCommand', resource, context };
  }
}

function invalid(member: string, constraint: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}
