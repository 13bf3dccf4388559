import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  paginateListExecutions,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { executionName } from '../core/rollout/name.ts';
import { namedError, nameOf } from './named-error.ts';

/** A version, whose rollout is asked about. */
export interface RolloutRef {
  secretArn: string;
  versionId: string;
}

/** The status of an execution. */
export type RolloutStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

/** One execution of a version's rollout. */
export interface Attempt extends RolloutRef {
  attempt: number;
  executionArn: string;
  status: RolloutStatus;
  /** Why it failed, as Step Functions tells it. */
  error: string | undefined;
  cause: string | undefined;
  /** Whether an operator asked this attempt to go back. */
  backOnRequest: boolean;
}

/** A state that an execution entered. */
export interface EnteredState {
  /** Ascending within one execution. */
  eventId: number;
  atMs: number;
  name: string;
}

const Input = z.object({
  secretArn: z.string(),
  versionId: z.string(),
  attempt: z.number(),
  direction: z.optional(z.string()),
});

/** The newest attempt of a version's rollout; undefined before any started. Read-only. */
export async function newestAttempt(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  abortSignal: AbortSignal,
): Promise<Attempt | undefined> {
  return (await attemptsOf(client, machineArn, ref, abortSignal)).at(-1);
}

/** Every attempt of a version's rollout, oldest first. Read-only. */
export async function attemptsOf(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  abortSignal: AbortSignal,
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (let attempt = 1; ; attempt++) {
    const found = await attemptOf(client, machineArn, ref, attempt, abortSignal);
    if (found === undefined) return attempts;
    attempts.push(found);
    if (found.status === 'RUNNING') return attempts;
  }
}

/** One attempt of a version's rollout; undefined when there was none. Read-only. */
export async function attemptOf(
  client: SFNClient,
  machineArn: string,
  ref: RolloutRef,
  attempt: number,
  abortSignal: AbortSignal,
): Promise<Attempt | undefined> {
  const name = executionName(ref.secretArn, ref.versionId, attempt);
  return await describe(client, `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`, abortSignal);
}

/** Every rollout that runs now. Read-only; one call per page, and one per rollout, because a name is a hash. */
export async function openRollouts(
  client: SFNClient,
  machineArn: string,
  abortSignal: AbortSignal,
): Promise<Attempt[]> {
  const arns: string[] = [];
  try {
    const input = { stateMachineArn: machineArn, statusFilter: 'RUNNING' } as const;
    for await (const page of paginateListExecutions({ client }, input, { abortSignal })) {
      arns.push(...(page.executions ?? []).flatMap((execution) => execution.executionArn ?? []));
    }
  } catch (error) {
    throw namedError(error, `ListExecutions ${machineArn}`);
  }
  const found = await Promise.all(arns.map((arn) => describe(client, arn, abortSignal)));
  // One that ended between the two calls is not open any more.
  return found.flatMap((attempt) => (attempt?.status === 'RUNNING' ? attempt : []));
}

/** States that an execution entered after an event, oldest first; inputs and outputs are not asked for. Read-only. */
export async function enteredStates(
  client: SFNClient,
  arn: string,
  afterEventId: number,
  abortSignal: AbortSignal,
): Promise<EnteredState[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  try {
    // Newest first, so that a long history is not read again and again.
    do {
      const page = await client.send(
        new GetExecutionHistoryCommand({
          executionArn: arn,
          reverseOrder: true,
          maxResults: 1000,
          includeExecutionData: false,
          ...(nextToken && { nextToken }),
        }),
        { abortSignal },
      );
      events.push(...(page.events ?? []));
      nextToken = (events.at(-1)?.id ?? 0) > afterEventId ? page.nextToken : undefined;
    } while (nextToken !== undefined);
  } catch (error) {
    throw namedError(error, `GetExecutionHistory ${arn}`);
  }
  return events
    .filter(({ id = 0 }) => id > afterEventId)
    .reverse()
    .flatMap(({ id = 0, timestamp, stateEnteredEventDetails }) =>
      stateEnteredEventDetails?.name === undefined
        ? []
        : [{ eventId: id, atMs: timestamp?.getTime() ?? 0, name: stateEnteredEventDetails.name }],
    );
}

async function describe(client: SFNClient, arn: string, abortSignal: AbortSignal): Promise<Attempt | undefined> {
  try {
    const answer = await client.send(new DescribeExecutionCommand({ executionArn: arn }), { abortSignal });
    const { status = 'RUNNING', error, cause } = answer;
    const { direction, ...named } = Input.parse(JSON.parse(answer.input ?? '{}'));
    return { executionArn: arn, ...named, status, error, cause, backOnRequest: direction === 'back' };
  } catch (error) {
    if (nameOf(error) === 'ExecutionDoesNotExist') return undefined;
    throw namedError(error, `DescribeExecution ${arn}`);
  }
}
