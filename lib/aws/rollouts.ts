import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { RolloutView } from '../core/campaign/perform-campaign.ts';
import { executionInput, executionName } from '../core/rollout/name.ts';
import { phaseOf } from '../core/rollout/phase.ts';
import { namedError, nameOf } from './named-error.ts';

/** The status of a version's rollout attempt; undefined when there was none. */
export type RolloutStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

export interface RolloutRef {
  secretArn: string;
  versionId: string;
}

export function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/** The status of one attempt. Read-only. */
export async function attemptStatus(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  attempt: number,
  abortSignal: AbortSignal,
): Promise<RolloutStatus | undefined> {
  const arn = executionArn(machineArn, executionName(ref.secretArn, ref.versionId, attempt));
  try {
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn: arn }), { abortSignal });
    return status;
  } catch (error) {
    if (nameOf(error) === 'ExecutionDoesNotExist') return undefined;
    throw namedError(error, `DescribeExecution ${arn}`);
  }
}

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
    try {
      await client.send(
        new StartExecutionCommand({
          stateMachineArn: machineArn,
          name: executionName(ref.secretArn, ref.versionId, attempt),
          input: executionInput(ref.secretArn, ref.versionId, attempt),
        }),
        { abortSignal },
      );
      return;
    } catch (error) {
      if (nameOf(error) !== 'ExecutionAlreadyExists')
        throw namedError(error, `StartExecution of the rollout of ${ref.secretArn}`);
    }
    const status = await attemptStatus(client, machineArn, ref, attempt, abortSignal);
    if (status === 'RUNNING' || status === 'SUCCEEDED') return;
  }
}

/** The newest attempt's rollout, seen from outside; undefined before any started. Read-only. */
export async function rolloutView(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  abortSignal: AbortSignal,
): Promise<RolloutView | undefined> {
  let newest: RolloutView | undefined;
  for (let attempt = 1; ; attempt++) {
    const status = await attemptStatus(client, machineArn, ref, attempt, abortSignal);
    if (status === undefined) return newest;
    if (status === 'RUNNING')
      return { status, phase: await currentPhase(client, machineArn, ref, attempt, abortSignal) };
    newest = { status: status === 'SUCCEEDED' ? status : 'FAILED', phase: undefined };
  }
}

/** A rollout's newest phase stands in its last events: a wave's inner states are fewer than 1,000 between two phases, or it is still that wave. */
async function currentPhase(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  attempt: number,
  abortSignal: AbortSignal,
): Promise<RolloutView['phase']> {
  const arn = executionArn(machineArn, executionName(ref.secretArn, ref.versionId, attempt));
  try {
    const { events = [] } = await client.send(
      new GetExecutionHistoryCommand({
        executionArn: arn,
        reverseOrder: true,
        maxResults: 1000,
        includeExecutionData: false,
      }),
      { abortSignal },
    );
    return (
      phaseOf(
        events.flatMap(({ stateEnteredEventDetails }) =>
          stateEnteredEventDetails?.name ? [stateEnteredEventDetails.name] : [],
        ),
      ) ?? 'refreshing consumers'
    );
  } catch (error) {
    throw namedError(error, `GetExecutionHistory ${arn}`);
  }
}
