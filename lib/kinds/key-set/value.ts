import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import type { Occasion } from '../../core/kind.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { parseDocument, refuseDifference } from '../shared/document.ts';
import { adoptKey } from './adopt.ts';
import { type Algorithm, privateKeyOf, textOfJwk } from './algorithms.ts';
import { derive, fieldsFor } from './fields.ts';
import { inOrder, type Key, type KeySet, successorOf } from './key-set.ts';
import { isKid } from './kid.ts';
import { newKey } from './new-key.ts';
import type { Target } from './schema.ts';
import { signingKey } from './signing-key.ts';

const Kid = z.string().check(z.refine(isKid));
const StoredKey = z.union([
  z.looseObject({ kid: Kid, kty: z.string() }),
  z.strictObject({ kid: Kid, token: z.string().check(z.regex(/^[\x21-\x7e]+$/)) }),
]);
type StoredKey = z.infer<typeof StoredKey>;

const Document = z.looseObject({
  algorithm: z.optional(z.string()),
  createdAt: z.optional(z.iso.datetime()),
  keys: z.optional(
    z.strictObject({ previous: z.optional(StoredKey), current: StoredKey, next: z.optional(StoredKey) }),
  ),
});

const isNot = 'the secret is not the JSON of a set of keys (algorithm, keys), nor of one key to begin with';

/** What a secret made with `create: true` starts with: no key yet. */
export function initialDocument({ algorithm }: Target): Record<string, unknown> {
  return { algorithm };
}

/** Undefined when the value has no key yet. @throws SecretMalformed, TargetMismatch */
export function parseValue(value: SecretValue, target: Target): KeySet | undefined {
  const { algorithm } = target;
  const { algorithm: found, createdAt, keys, ...rest } = parseDocument(Document, value, isNot);
  refuseDifference('the secret', 'algorithm', found, algorithm);
  const others = othersOf(rest, algorithm);
  if (keys === undefined) {
    const current = adoptKey(rest, algorithm);
    return current && { current, createdAtMs: undefined, others };
  }
  const [previous, next] = [keys.previous, keys.next].map((key) => key && keyOf(key, algorithm));
  const set = {
    previous,
    current: keyOf(keys.current, algorithm),
    next,
    createdAtMs: createdAt ? Date.parse(createdAt) : undefined,
    others,
  };
  refuseTwins(set);
  refuseStrangers(set, rest, algorithm);
  return set;
}

/** The value of the version after `current`. */
export function proposeValue(target: Target, current: KeySet | undefined, occasion?: Occasion): SecretValue {
  const keys = successorOf(current, () => newKey(target), occasion?.emergency);
  return renderValue({
    algorithm: target.algorithm,
    set: { ...keys, createdAtMs: occasion?.nowMs, others: current?.others ?? SecretValue.of('{}') },
  });
}

/** A version's whole value: the keys, what views show of them, and the fields that are not Keyturn's. */
export function renderValue({ algorithm, set }: { algorithm: Algorithm; set: KeySet }): SecretValue {
  const { previous, current, next, createdAtMs, others } = set;
  const stored = (key: Key | undefined): StoredKey | undefined =>
    key?.secret.parse((text) => (algorithm === 'opaque' ? { kid: key.kid, token: text } : JSON.parse(text)));
  return others.map((json) =>
    JSON.stringify({
      ...(JSON.parse(json) as object),
      algorithm,
      ...(createdAtMs !== undefined && { createdAt: new Date(createdAtMs).toISOString() }),
      keys: { previous: stored(previous), current: stored(current), next: stored(next) },
      ...derive({ previous, current, next }, algorithm),
    }),
  );
}

function keyOf(stored: StoredKey, algorithm: Algorithm): Key {
  const { kid } = stored;
  if (algorithm === 'opaque') {
    if (!('token' in stored)) throw malformed(`its key ${kid} has no token`);
    return { kid, secret: SecretValue.of(String(stored.token)) };
  }
  if (!('kty' in stored)) throw malformed(`its key ${kid} is no JWK`);
  const jwk = { ...stored, kty: String(stored.kty) };
  if (!isUsable(jwk, algorithm)) throw malformed(`its key ${kid} is no private key for ${algorithm}`);
  return signingKey(jwk, kid, algorithm);
}

function isUsable(jwk: { kty: string }, algorithm: Algorithm): boolean {
  if (jwk.kty === 'oct') return fieldsFor(algorithm)['key'] !== undefined && textOfJwk(jwk) !== undefined;
  try {
    privateKeyOf(jwk, algorithm);
    return true;
  } catch {
    return false;
  }
}

function refuseTwins(set: KeySet): void {
  const kids = inOrder(set).map(({ kid }) => kid);
  const twin = kids.find((kid, index) => kids.indexOf(kid) !== index);
  if (twin !== undefined) throw malformed(`two of its keys are called ${twin}`);
}

/** Views are written from fields: one that somebody changed by hand would hand out a key that is not in the set. */
function refuseStrangers(set: KeySet, rest: Record<string, unknown>, algorithm: Algorithm): void {
  const stranger = Object.entries(derive(set, algorithm)).find(
    ([field, text]) => rest[field] !== undefined && rest[field] !== text,
  );
  if (stranger !== undefined) throw malformed(`its field "${stranger[0]}" does not follow from its keys`);
}

function othersOf(rest: Record<string, unknown>, algorithm: Algorithm): SecretValue {
  const own = new Set(['algorithm', 'kid', ...Object.keys(fieldsFor(algorithm))]);
  return SecretValue.of(JSON.stringify(Object.fromEntries(Object.entries(rest).filter(([field]) => !own.has(field)))));
}

function malformed(what: string): KeyturnError {
  return new KeyturnError('SecretMalformed', `${isNot}: ${what}`);
}
