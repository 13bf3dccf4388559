import { everyState, type Machine, type State } from './asl.ts';
import { integrationOf } from './integration.ts';

/** Fields that the interpreter would silently ignore. */
const ignoredFields = [
  'QueryLanguage',
  'Assign',
  'Arguments',
  'Output',
  'Items',
  'Condition',
  'HeartbeatSeconds',
  'HeartbeatSecondsPath',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'Credentials',
];

/** What of a definition the simulator cannot run as AWS would: said before it runs rather than found out after. */
export function unsupported(machine: Machine): string[] {
  const problems = fieldsOf(machine, 'The machine');
  for (const [name, state] of everyState(machine)) problems.push(...problemsOf(name, state));
  const text = JSON.stringify(machine);
  for (const path of ['$$.State.', '$$.Task.']) if (text.includes(path)) problems.push(`${path} is not known`);
  return problems;
}

function problemsOf(name: string, state: State): string[] {
  const problems = fieldsOf(state, `State ${name}`);
  if (state.Type === 'Task' && integrationOf(String(state['Resource'])) === undefined) {
    problems.push(`State ${name}: ${state['Resource']} is not simulated`);
  }
  const processor = state['ItemProcessor'] as { ProcessorConfig?: { Mode?: string } } | undefined;
  if (processor?.ProcessorConfig?.Mode === 'DISTRIBUTED') problems.push(`State ${name}: distributed Map`);
  for (const field of ['ErrorPath', 'CausePath']) {
    if (String(state[field] ?? '').startsWith('States.')) problems.push(`State ${name}: an intrinsic in ${field}`);
  }
  return problems;
}

function fieldsOf(value: object, where: string): string[] {
  const jsonPath = (value as { QueryLanguage?: string }).QueryLanguage === 'JSONPath';
  return ignoredFields
    .filter((field) => Object.hasOwn(value, field) && !(field === 'QueryLanguage' && jsonPath))
    .map((field) => `${where}: ${field}`);
}
