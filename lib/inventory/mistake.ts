import { KeyturnError } from '../core/errors.ts';

/** Something that the inventory says and that cannot be built. */
export interface Mistake {
  /** The entry, as the engineer finds it: `secret "buywhere/db/app"`. */
  where: string;
  what: string;
  remedy: string;
}

/** All mistakes at once, so that an engineer mends them in one go. */
export function inventoryError(mistakes: readonly Mistake[]): KeyturnError {
  const lines = mistakes.map(({ where, what, remedy }) => `  - ${where}: ${what}. ${remedy}.`);
  const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
  return new KeyturnError('InvalidInput', [`the inventory has ${count}:`, ...lines].join('\n'));
}

/** `a, b or c`, quoted; for a remedy. */
export function oneOf(names: readonly string[]): string {
  if (names.length === 0) return 'none is declared';
  return names
    .map((name) => `"${name}"`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
}
