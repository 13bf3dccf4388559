import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type ErrorCode, KeyturnError } from '../../../lib/core/errors.ts';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/http-api-key/credential.ts';
import { createKind } from '../../../lib/kinds/http-api-key/index.ts';
import type { ApiServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/api-server.ts';
import { estateOf } from './harness.ts';

export const kind = createKind();

/** Old and new both live, as after the four steps. */
export async function rotated(server: ApiServer, token: string = randomUUID()) {
  const estate = estateOf(server);
  const context = estate.context();
  const credential = (value: SecretValue): Credential => {
    const parsed = kind.parse(value, estate.target);
    if (parsed === undefined) throw new Error('the value holds no key');
    return parsed;
  };
  const old = credential(estate.current);
  const value = await kind.mint(context, old, token);
  const fresh = credential(value);
  await kind.install(context, { pending: fresh, current: old });
  return { estate, context, old, fresh, value, credential, versions: { retire: old, keep: fresh } };
}

/** Expects the verb to fail with this code, and none of the account's keys, nor a part of one, in its error. */
export async function failure(code: ErrorCode, verb: Promise<unknown>, server: ApiServer): Promise<KeyturnError> {
  const error = await verb.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyturnError);
  const known = error as KeyturnError;
  expect(known.code, known.message).toBe(code);
  const printed = inspect(known, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  for (const { adminKey, keys } of server.accounts) {
    for (const secret of [adminKey, ...[...keys.values()].map(({ value }) => value)])
      expect(printed.includes(secret.slice(-8)), 'a key was printed').toBe(false);
  }
  return known;
}
