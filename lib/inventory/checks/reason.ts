import { KeyturnError } from '../../core/errors.ts';

/** What a parser refused. Anything but a refusal is a defect of the parser, and goes on as it is. */
export function reasonOf(error: unknown): string {
  if (error instanceof KeyturnError && error.code === 'InvalidInput') return error.message;
  throw error;
}

/** Why a parser refuses; undefined when it does not. */
export function refusalOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
