import { AwsError } from '../types.ts';

/** An event pattern: fields of the event, each with the values or filters of which one must match. */
export type Pattern = { readonly [field: string]: Pattern | readonly Filter[] };
type Filter = string | number | boolean | null | Readonly<Record<string, unknown>>;

/**
 * Whether an event matches. Fields that the pattern does not name do not matter; of a list in the event one element is enough.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matches(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = fieldOf(event, field);
    return isFilters(wanted) ? wanted.some((filter) => passes(filter, value)) : matches(wanted, value);
  });
}

const operators: Readonly<Record<string, (operand: unknown, value: unknown) => boolean>> = {
  prefix: (operand, value) => typeof value === 'string' && value.startsWith(String(operand)),
  suffix: (operand, value) => typeof value === 'string' && value.endsWith(String(operand)),
  'equals-ignore-case': (operand, value) =>
    typeof value === 'string' && value.toLowerCase() === String(operand).toLowerCase(),
  'anything-but': (operand, value) =>
    value !== undefined && !(Array.isArray(operand) ? operand : [operand]).some((filter) => passes(filter, value)),
  exists: (operand, value) => (value !== undefined) === operand,
};

function passes(filter: Filter, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => passes(filter, element));
  if (typeof filter !== 'object' || filter === null) return value === filter;
  return Object.entries(filter).every(([name, operand]) => operators[name]?.(operand, value) ?? false);
}

/** Refuses what is no pattern, or one that is not simulated. @throws AwsError InvalidEventPatternException */
export function checkPattern(pattern: Pattern, path = ''): void {
  for (const [field, wanted] of Object.entries(pattern)) {
    const where = `${path}${field}`;
    if (field === '$or') throw invalid('$or is not simulated');
    if (!isFilters(wanted)) {
      if (typeof wanted !== 'object' || wanted === null) throw invalid(`"${where}" must be an object or an array`);
      checkPattern(wanted, `${where}.`);
      continue;
    }
    if (wanted.length === 0) throw invalid(`Empty arrays are not allowed: ${where}`);
    for (const filter of wanted) {
      if (typeof filter !== 'object' || filter === null) continue;
      const unknown = Object.keys(filter).find((name) => !Object.hasOwn(operators, name));
      if (unknown !== undefined) throw invalid(`Unrecognized or not simulated match type ${unknown}: ${where}`);
    }
  }
}

function isFilters(wanted: Pattern | readonly Filter[]): wanted is readonly Filter[] {
  return Array.isArray(wanted);
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
