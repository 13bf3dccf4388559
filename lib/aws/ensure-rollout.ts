import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { executionInput, executionName } from '../core/rollout/name.ts';
import { namedError, nameOf } from './named-error.ts';
import { attemptOf, type RolloutRef } from './rollout-attempts.ts';

/**
 * Makes sure that a rollout of this version runs or has succeeded. A start with a name that is taken is refused unless
 * that execution still runs with the same input, so the name decides: running or succeeded → done, else the next attempt.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export async function ensureRollout(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  abortSignal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const name = executionName(ref.secretArn, ref.versionId, attempt);
    const input = executionInput(ref.secretArn, ref.versionId, attempt);
    try {
      await client.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input }), { abortSignal });
      return;
    } catch (error) {
      if (nameOf(error) !== 'ExecutionAlreadyExists') {
        throw namedError(error, `StartExecution of the rollout of ${ref.secretArn}`);
      }
    }
    const status = (await attemptOf(client, machineArn, ref, attempt, abortSignal))?.status;
    if (status === 'RUNNING' || status === 'SUCCEEDED') return;
  }
}
