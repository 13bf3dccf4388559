import * as z from 'zod/mini';
import { KeyturnError } from './errors.ts';
import { SecretValue } from './secret-value.ts';

/** What a human brings, and what secrets of an origin `brought` hold beside other fields. */
export interface Supplied {
  value: SecretValue;
  /** Its non-secret name at the target, such as the id that a dashboard shows. */
  identity: string | undefined;
}

/** What can stand in a header; a line break or a blank was copied along by mistake. */
const VALUE = /^[\x21-\x7e]+$/;
/** What stands in evidence and in a message: letters, digits and a few marks. */
const IDENTITY = /^[A-Za-z0-9_-][\w.:=-]{0,63}$/;

const Document = z.looseObject({ value: z.string(), identity: z.optional(z.string().check(z.regex(IDENTITY))) });

/** A value as it was typed or piped in: blanks and line breaks around it are not its own. @throws InvalidInput without a part of it */
export function suppliedOf(text: string, identity?: string): Supplied {
  const value = text.trim();
  const refuse = (what: string) => new KeyturnError('InvalidInput', what);
  if (value === '') throw refuse('no value came; nothing was stored');
  if (!VALUE.test(value))
    throw refuse('the value holds a blank, a line break or a character that cannot be sent; nothing was stored');
  if (identity !== undefined && !IDENTITY.test(identity))
    throw refuse('the identity must be 1 to 64 letters, digits and . _ : = -, such as the id that the dashboard shows');
  if (identity !== undefined && value.includes(identity))
    throw refuse('the identity is a part of the value, and it is not secret; give the name that the dashboard shows');
  return { value: SecretValue.of(value), identity };
}

/** The text that waits under KEYTURN_SUPPLIED. */
export function formatSupplied({ value, identity }: Supplied): SecretValue {
  return value.map((text) => JSON.stringify({ value: text, identity }));
}

/** @throws SecretMalformed without a part of the text: JSON.parse quotes what it refuses */
export function parseSupplied(text: SecretValue, where: string): Supplied {
  return text.parse((json) => {
    const { data } = Document.safeParse(jsonOf(json));
    if (data === undefined || !VALUE.test(data.value))
      throw new KeyturnError(
        'SecretMalformed',
        `${where} is not JSON {"value", "identity"?} with a value that can be sent; run keyturn supply`,
      );
    return { value: SecretValue.of(data.value), identity: data.identity };
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
