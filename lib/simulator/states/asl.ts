/** As much of the Amazon States Language as we look at. https://states-language.net/spec.html */
export interface State {
  Type: string;
  [field: string]: unknown;
}

export interface Machine {
  StartAt: string;
  States: Record<string, State>;
  TimeoutSeconds?: number;
  [field: string]: unknown;
}

/** The machines inside a state: a Map's processor, a Parallel's branches. */
export function machinesIn(state: State): Machine[] {
  if (state.Type === 'Map') return [(state['ItemProcessor'] ?? state['Iterator']) as Machine];
  if (state.Type === 'Parallel') return state['Branches'] as Machine[];
  return [];
}

/** Every state of a machine, those inside Maps and Parallels too. */
export function* everyState(machine: Machine): Generator<[name: string, state: State]> {
  for (const [name, state] of Object.entries(machine.States)) {
    yield [name, state];
    for (const inner of machinesIn(state)) yield* everyState(inner);
  }
}
