import { ExecutionError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { Machine, State } from './asl.ts';
import type { History, InterpreterEvent } from './history.ts';
import { type Integration, integrationOf } from './integration.ts';
import type { Prepared } from './prepare.ts';
import { TaskError } from './task-error.ts';

/** What a running machine needs of its execution. */
export interface Surroundings {
  prepared: Prepared;
  history: History;
  region: string;
  /** @throws TaskError */
  call(integration: Integration, parameters: unknown): Promise<unknown>;
  nowMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

type Context = Readonly<Record<string, unknown>>;

/** "The maximum input or output size for a task, state, or execution: 256 KiB." https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const dataLimitBytes = 262_144;

/**
 * Runs a machine, the whole one or one inside a Map or Parallel, to its output.
 * @throws what made it fail, named after its Error; a TaskError when the signal aborts.
 */
export async function interpret(
  around: Surroundings,
  machine: Machine,
  input: unknown,
  context: Context,
  signal: AbortSignal,
): Promise<unknown> {
  if (signal.aborted) throw aborted();
  const interpreter = new StateMachine(machine as unknown as StateMachineDefinition, {
    // Validated when it was created; what it is by now would not pass.
    validationOptions: { noValidate: true },
  });
  const taskResourceLocalHandlers = Object.fromEntries(handlers(around, context, signal)) as never;
  const running = interpreter.run(input as never, { context, overrides: { taskResourceLocalHandlers } });
  signal.addEventListener('abort', running.abort, { once: true });
  const noted = note(around.history, running.eventLogs as AsyncIterable<InterpreterEvent>);
  try {
    return await running.result;
  } catch (error) {
    throw error instanceof ExecutionError ? error.cause : error;
  } finally {
    signal.removeEventListener('abort', running.abort);
    await noted;
  }
}

async function note(history: History, events: AsyncIterable<InterpreterEvent>): Promise<void> {
  for await (const event of events) history.note(event);
}

/** The interpreter's log is read in microtasks: lets it get here before events of our own. */
function logRead(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Handler = (parameters: never) => Promise<unknown>;

function* handlers(around: Surroundings, context: Context, signal: AbortSignal): Generator<[string, Handler]> {
  for (const [name, state] of around.prepared.original) {
    if (state.Type === 'Task') yield [name, (given) => runTask(around, state, given, signal)];
    if (state.Type === 'Wait') yield [name, (given) => runWait(around, given, signal)];
    if (state.Type === 'Map') yield [name, (given) => runMap(around, name, given, context, signal)];
    if (state.Type === 'Parallel') yield [name, (given) => runParallel(around, name, given, context, signal)];
  }
}

async function runTask(around: Surroundings, state: State, parameters: unknown, signal: AbortSignal): Promise<unknown> {
  const { history } = around;
  const resource = String(state['Resource']);
  const integration = integrationOf(resource);
  if (integration === undefined) throw new TaskError('States.Runtime', `${resource} is not simulated`, true);
  await logRead();
  if (signal.aborted) throw aborted();
  const { resourceType, resource: action } = integration;
  const what = { resourceType, resource: action };
  history.add('TaskScheduled', {
    taskScheduledEventDetails: { ...what, region: around.region, parameters: JSON.stringify(parameters) },
  });
  history.add('TaskStarted', { taskStartedEventDetails: what });
  const output = await around.call(integration, parameters);
  const text = JSON.stringify(output);
  if (Buffer.byteLength(text) > dataLimitBytes) {
    const message = 'The state/task returned a result with a size exceeding the maximum number of bytes service limit.';
    throw new TaskError('States.DataLimitExceeded', message, true);
  }
  if (!signal.aborted) history.add('TaskSucceeded', { taskSucceededEventDetails: { ...what, output: text } });
  return output;
}

interface WaitParameters {
  input: unknown;
  seconds?: unknown;
  timestamp?: unknown;
}

async function runWait(
  around: Surroundings,
  { input, seconds, timestamp }: WaitParameters,
  signal: AbortSignal,
): Promise<unknown> {
  const ms = timestamp === undefined ? Number(seconds) * 1000 : Date.parse(String(timestamp)) - around.nowMs();
  const wellFormed = timestamp === undefined ? Number.isInteger(seconds) && ms >= 0 : Number.isFinite(ms);
  if (!wellFormed) {
    const what = JSON.stringify(timestamp ?? seconds);
    throw new TaskError('States.Runtime', `${what} is no time to wait: whole seconds or a timestamp`, true);
  }
  await around.sleep(ms, signal);
  return input;
}

interface MapParameters {
  input: unknown;
  items: unknown;
  concurrency?: number;
}

/** "Step Functions runs up to 40 iterations" of an inline Map. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
const inlineConcurrency = 40;

async function runMap(
  around: Surroundings,
  name: string,
  { input, items, concurrency = 0 }: MapParameters,
  context: Context,
  signal: AbortSignal,
): Promise<unknown[]> {
  const [machine] = around.prepared.inner.get(name) ?? [];
  if (machine === undefined || !Array.isArray(items)) {
    throw new TaskError('States.Runtime', `The items of ${name} are no array`, true);
  }
  await logRead();
  return together(items, concurrency || inlineConcurrency, signal, async (item: unknown, index, stop) => {
    const inner = { ...context, Map: { Item: { Index: index, Value: item } } };
    around.history.add('MapIterationStarted', { mapIterationStartedEventDetails: { name, index } });
    try {
      const output = await interpret(around, machine, input, inner, stop);
      around.history.add('MapIterationSucceeded', { mapIterationSucceededEventDetails: { name, index } });
      return output;
    } catch (error) {
      const how = stop.aborted ? 'Aborted' : 'Failed';
      around.history.add(`MapIteration${how}`, { [`mapIteration${how}EventDetails`]: { name, index } });
      throw error;
    }
  });
}

function runParallel(
  around: Surroundings,
  name: string,
  input: unknown,
  context: Context,
  signal: AbortSignal,
): Promise<unknown[]> {
  const branches = around.prepared.inner.get(name) ?? [];
  return together(branches, branches.length, signal, (branch, _index, stop) =>
    interpret(around, branch, input, context, stop),
  );
}

/** All or nothing: when one fails, those that run are aborted and the others never start. */
async function together<Item>(
  items: readonly Item[],
  concurrency: number,
  signal: AbortSignal,
  run: (item: Item, index: number, stop: AbortSignal) => Promise<unknown>,
): Promise<unknown[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const results: unknown[] = new Array(items.length);
  const queue = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of queue) {
      if (stop.aborted) throw aborted();
      results[index] = await run(item, index, stop);
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  } catch (error) {
    failed.abort();
    throw error;
  }
  return results;
}

function aborted(): TaskError {
  return new TaskError('States.Runtime', 'The execution is closed', true);
}
