import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { executionInput, executionName, type WayBack } from '../core/rollout/name.ts';
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
  await ensureAttempt(client, machineArn, ref, abortSignal);
}

/** The same, and answers which attempt it is that runs or has succeeded. */
export async function ensureAttempt(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  abortSignal: AbortSignal,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    if (await startAttempt(client, machineArn, { ...ref, attempt }, undefined, abortSignal)) return attempt;
    const status = (await attemptOf(client, machineArn, ref, attempt, abortSignal))?.status;
    if (status === 'RUNNING' || status === 'SUCCEEDED') return attempt;
  }
}

/** Starts this attempt. False when its name is taken. */
export async function startAttempt(
  client: SFNClient,
  machineArn: string,
  { secretArn, versionId, attempt }: RolloutRef & { attempt: number },
  wayBack: WayBack | undefined,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const name = executionName(secretArn, versionId, attempt);
  const input = executionInput(secretArn, versionId, attempt, wayBack);
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input }), { abortSignal });
    return true;
  } catch (error) {
    if (nameOf(error) === 'ExecutionAlreadyExists') return false;
    throw namedError(error, `StartExecution of the rollout of ${secretArn}`);
  }
}

/** Stops an attempt; what it invoked last runs to its end. No error when it has ended already. */
export async function stopAttempt(
  client: SFNClient,
  executionArn: string,
  why: { error: string; cause: string },
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    await client.send(new StopExecutionCommand({ executionArn, ...why }), { abortSignal });
  } catch (error) {
    throw namedError(error, `StopExecution ${executionArn}`);
  }
}
