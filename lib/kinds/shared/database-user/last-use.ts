import { KeyturnError } from '../../../core/errors.ts';
import type { LastUse } from '../../../core/kind.ts';

/** Used where one place says so; else unknown where one place cannot tell. */
export function usedAnywhere(answers: readonly LastUse[]): LastUse {
  const used = answers.filter((answer) => answer.state === 'used');
  if (used.length > 0) return { state: 'used', detail: used.map(({ detail }) => detail).join('; ') };
  return answers.find((answer) => answer.state === 'unknown') ?? { state: 'unused' };
}

/** A place that cannot be asked is unknown, never unused. */
export async function unknownOnError(ask: () => Promise<LastUse>): Promise<LastUse> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    return { state: 'unknown', detail: `${error.code}: ${error.message}` };
  }
}
