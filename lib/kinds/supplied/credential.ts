import { scryptSync } from 'node:crypto';
import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { parseSupplied } from '../../core/supplied.ts';
import { providerOf, type Target } from './target.ts';

/** One key of a provider, as its secret holds it. */
export interface Credential {
  /** What a human called it, else made of the value. */
  id: string;
  value: SecretValue;
  /** The value's fields that are not Keyturn's; a new version keeps them. */
  others: SecretValue;
}

const Document = z.looseObject({ provider: z.optional(z.string()), value: z.optional(z.string()) });

/** 8 MiB and some 30 ms: what one guess at a value costs whoever reads an identity. */
const cost = { N: 2 ** 13, r: 8, p: 1 };

/**
 * The name of a value that nobody named: 48 bits of scrypt. A provider's keys have 128 bits of chance and more, so no list of
 * guesses leads back; a password that a person chose does not belong into this kind.
 */
function fingerprintOf(value: SecretValue): string {
  return value.parse((text) => `fp-${scryptSync(text, 'keyturn:supplied', 6, cost).toString('hex')}`);
}

/**
 * The key in a version's value; undefined when it has none yet.
 * @throws SecretMalformed; TargetMismatch when the value is of another provider than the inventory's.
 */
export function parseCredential(secret: SecretValue, target: Target): Credential | undefined {
  const { provider, value, identity: _, ...others } = documentOf(secret);
  const { id } = providerOf(target);
  if (provider !== undefined && provider !== id) {
    throw new KeyturnError(
      'TargetMismatch',
      `the secret's value is of the provider "${provider}", the inventory says "${id}"; correct whichever is wrong`,
    );
  }
  if (value === undefined) return undefined;
  const supplied = parseSupplied(secret, "the secret's value");
  return {
    id: supplied.identity ?? fingerprintOf(supplied.value),
    value: supplied.value,
    others: SecretValue.of(JSON.stringify(others)),
  };
}

/** No cause is attached: JSON.parse quotes the text that it refuses. */
function documentOf(secret: SecretValue): z.infer<typeof Document> {
  const json = secret.parse((text): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  });
  const { data } = Document.safeParse(json);
  if (data !== undefined && !Array.isArray(json)) return data;
  throw new KeyturnError(
    'SecretMalformed',
    'the secret\'s value must be JSON {"provider", "value", "identity"}, or {"provider"} alone before the first rotation',
  );
}

/**
 * The pending version's whole value: what waits, and the fields of the version before that are not Keyturn's. Undefined when it
 * is the current one's already. @throws SecretMalformed
 */
export function accept(
  target: Target,
  supplied: SecretValue,
  current: Credential | undefined,
): SecretValue | undefined {
  const { value, identity } = parseSupplied(supplied, 'the value that waits');
  if (current?.value.equals(value)) return undefined;
  const id = identity ?? fingerprintOf(value);
  // The reminder would tell a human to destroy the key that was just made.
  if (current?.id === id) {
    throw new KeyturnError(
      'SecretMalformed',
      `the value that waits is called ${id}, as the current one is: supply it again with an identity of its own`,
    );
  }
  const others = current?.others ?? SecretValue.of('{}');
  return others.map((json) =>
    value.parse((text) =>
      JSON.stringify({ ...(JSON.parse(json) as object), provider: providerOf(target).id, value: text, identity: id }),
    ),
  );
}
