import { everyState, type Machine, machinesIn, type State } from './asl.ts';

/** A definition in the dialect of the interpreter, aws-local-stepfunctions 3.0.0, and what it replaces. */
export interface Prepared {
  machine: Machine;
  /** The states as they were written, by name: names are unique within a machine. */
  original: ReadonlyMap<string, State>;
  /** A Map's machine for one item, or a Parallel's branches, by the state's name. */
  inner: ReadonlyMap<string, readonly Machine[]>;
}

/** Longer than any task runs here; Node's timers hold 2^31 ms at most. The interpreter's own default would be 60 s. */
const noLimitSeconds = 2_000_000;

/**
 * Where the interpreter departs from the States Language, the definition is put so that it does the same:
 * - a failed Map goes on to start its remaining items, and `$$.Map` is unknown inside it → a task of ours runs the items;
 * - a failed Parallel cannot stop such a task → a task of ours runs the branches;
 * - a Wait longer than 24 days returns at once, and it knows only the machine's clock → a task of ours waits;
 * - a machine inside a Map or Parallel takes its own input for `$$.Execution.Input` → `$$.Run`, which is ours;
 * - `IsPresent: false` and its like never match → Not;
 * - `ResultPath: "$"` makes a field named $ → left out, which means the same;
 * - a Pass whose Result is falsy passes its input → Parameters.
 */
export function prepare(definition: Machine): Prepared {
  const original = new Map(everyState(definition));
  const inner = new Map<string, readonly Machine[]>();
  const text = JSON.stringify(definition).replaceAll(/\$\$\.Execution\b/g, '$$$$.Run');
  return { machine: prepareMachine(JSON.parse(text) as Machine, inner), original, inner };
}

function prepareMachine(machine: Machine, inner: Map<string, readonly Machine[]>): Machine {
  const { TimeoutSeconds: _, ...rest } = machine;
  const states = Object.entries(machine.States).map(([name, state]) => [name, prepareState(name, state, inner)]);
  return { ...rest, States: Object.fromEntries(states) };
}

function prepareState(name: string, written: State, inner: Map<string, readonly Machine[]>): State {
  const state = withoutWholeResultPath(written);
  switch (state.Type) {
    case 'Task':
      return { ...state, ...(state['TimeoutSecondsPath'] === undefined && { TimeoutSeconds: limitOf(state) }) };
    case 'Wait':
      return waitTask(state);
    case 'Map':
      inner.set(name, [itemMachine(state, inner)]);
      return mapTask(state);
    case 'Parallel':
      inner.set(
        name,
        machinesIn(state).map((branch) => prepareMachine(branch, inner)),
      );
      return ownTask(state, state['Parameters'], ['Branches']);
    case 'Choice':
      return { ...state, Choices: (state['Choices'] as Rule[]).map(positiveRule) };
    case 'Pass':
      return falsyResult(state);
    default:
      return state;
  }
}

function limitOf(state: State): number {
  const seconds = state['TimeoutSeconds'];
  return typeof seconds === 'number' ? Math.min(seconds, noLimitSeconds) : noLimitSeconds;
}

function withoutWholeResultPath(state: State): State {
  const copy: State = { ...state };
  if (copy['ResultPath'] === '$') delete copy['ResultPath'];
  if (Array.isArray(copy['Catch'])) {
    copy['Catch'] = copy['Catch'].map(({ ResultPath, ...catcher }) =>
      ResultPath === '$' || ResultPath === undefined ? catcher : { ...catcher, ResultPath },
    );
  }
  return copy;
}

/** A task whose Parameters are what our handler needs; the interpreter evaluates the paths. */
function ownTask(state: State, parameters: unknown, drop: readonly string[]): State {
  const kept = Object.fromEntries(Object.entries(state).filter(([field]) => !drop.includes(field)));
  const task: State = { ...kept, Type: 'Task', Resource: 'ours', TimeoutSeconds: noLimitSeconds };
  return parameters === undefined ? task : { ...task, Parameters: parameters };
}

function waitTask(state: State): State {
  const { Seconds, SecondsPath, Timestamp, TimestampPath } = state;
  const parameters = {
    'input.$': '$',
    ...(Seconds !== undefined && { seconds: Seconds }),
    ...(SecondsPath !== undefined && { 'seconds.$': SecondsPath }),
    ...(Timestamp !== undefined && { timestamp: Timestamp }),
    ...(TimestampPath !== undefined && { 'timestamp.$': TimestampPath }),
  };
  return ownTask(state, parameters, ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath']);
}

function mapTask(state: State): State {
  const { ItemsPath = '$', MaxConcurrency, MaxConcurrencyPath } = state;
  const parameters = {
    'input.$': '$',
    'items.$': ItemsPath,
    ...(MaxConcurrency !== undefined && { concurrency: MaxConcurrency }),
    ...(MaxConcurrencyPath !== undefined && { 'concurrency.$': MaxConcurrencyPath }),
  };
  const drop = ['ItemsPath', 'ItemSelector', 'ItemProcessor', 'Iterator', 'MaxConcurrency', 'MaxConcurrencyPath'];
  return ownTask(state, parameters, drop);
}

/** The state that evaluates ItemSelector, for the interpreter alone knows payload templates. */
export const selectItem = '(item)';

function itemMachine(state: State, inner: Map<string, readonly Machine[]>): Machine {
  const [processor] = machinesIn(state);
  if (processor === undefined) throw new Error('a Map without ItemProcessor');
  const machine = prepareMachine(processor, inner);
  // `Parameters` is ItemSelector's old name.
  const selector = state['ItemSelector'] ?? state['Parameters'] ?? '$$.Map.Item.Value';
  const select: State =
    typeof selector === 'string'
      ? { Type: 'Pass', InputPath: selector, Next: machine.StartAt }
      : { Type: 'Pass', Parameters: selector, Next: machine.StartAt };
  return { StartAt: selectItem, States: { [selectItem]: select, ...machine.States } };
}

type Rule = Record<string, unknown>;

function positiveRule(rule: Rule): Rule {
  const { And, Or, Not, ...rest } = rule;
  const negated = Object.keys(rest).find((key) => key.startsWith('Is') && rest[key] === false);
  if (negated !== undefined) {
    const { Next, Comment: _, ...test } = rest;
    return { Not: { ...test, [negated]: true }, ...(Next !== undefined && { Next }) };
  }
  return {
    ...rest,
    ...(Array.isArray(And) && { And: And.map(positiveRule) }),
    ...(Array.isArray(Or) && { Or: Or.map(positiveRule) }),
    ...(Not !== undefined && { Not: positiveRule(Not as Rule) }),
  };
}

function falsyResult(state: State): State {
  const { Result, ...rest } = state;
  return Object.hasOwn(state, 'Result') && !Result ? { ...rest, Parameters: Result } : state;
}
