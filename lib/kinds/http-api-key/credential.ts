import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import type { Provider } from './provider.ts';
import { providerOf, type Target } from './target.ts';

/** One key of a provider, as its secret holds it. */
export interface Credential {
  provider: string;
  /** The provider's id of the key. */
  id: string;
  value: SecretValue;
  /** The value's fields that are not Keyturn's; a new version keeps them. */
  others: SecretValue;
}

/**
 * Ids stand in paths and in the intent tag (letters, digits and `+ - = . _ : / @`, where `+` and `/` are separators), and may
 * not mean another path.
 */
const ID = /^[A-Za-z0-9_-][\w.:=-]{0,63}$/;
/** What can stand in a header. */
const VALUE = /^[\x21-\x7e]+$/;

export function isId(id: string): boolean {
  return ID.test(id);
}

const SecretJson = z.looseObject({
  provider: z.string(),
  id: z.optional(z.string().check(z.regex(ID))),
  value: z.optional(z.string().check(z.regex(VALUE))),
});

function malformed(what: string): KeyturnError {
  return new KeyturnError(
    'SecretMalformed',
    `the secret's value ${what}; it must be JSON {"provider", "id", "value"}, or {"provider"} alone before the first rotation`,
  );
}

/** No cause is attached: JSON.parse quotes the text that it refuses. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
}

/**
 * The key in a version's value; undefined when it has none yet.
 * @throws SecretMalformed; TargetMismatch when the value is of another provider than the inventory's.
 */
export function parseCredential(secret: SecretValue, target: Target): Credential | undefined {
  const provider = providerOf(target);
  return secret.parse((text) => {
    const result = SecretJson.safeParse(parseJson(text));
    if (!result.success) {
      const field = result.error.issues[0]?.path.join('.');
      throw malformed(field ? `has no good field "${field}"` : 'is not a JSON object');
    }
    const { provider: named, id, value, ...rest } = result.data;
    if (named !== provider.id) {
      throw new KeyturnError(
        'TargetMismatch',
        `the secret's value is of the provider "${named}", the inventory says "${provider.id}"; correct whichever is wrong`,
      );
    }
    if (id === undefined && value === undefined) return undefined;
    if (id === undefined) throw malformed('has a value without id');
    if (value === undefined) throw malformed('has an id without value');
    const derived = derive(provider, id, value);
    for (const [field, expected] of Object.entries(derived)) {
      if (rest[field] !== undefined && rest[field] !== expected)
        throw malformed(`has a field "${field}" that does not follow from its id and value`);
    }
    const others = Object.entries(rest).filter(([field]) => !Object.hasOwn(derived, field));
    return {
      provider: named,
      id,
      value: SecretValue.of(value),
      others: SecretValue.of(JSON.stringify(Object.fromEntries(others))),
    };
  });
}

/** A version's whole value: the key, what follows from it, and the fields of the version before that are not Keyturn's. */
export function renderCredential(
  target: Target,
  key: { id: string; value: SecretValue },
  current: Credential | undefined,
): SecretValue {
  const provider = providerOf(target);
  const others = current?.others ?? SecretValue.of('{}');
  return others.map((json) =>
    key.value.parse((value) =>
      JSON.stringify({
        ...(JSON.parse(json) as object),
        provider: provider.id,
        id: key.id,
        value,
        ...derive(provider, key.id, value),
      }),
    ),
  );
}

function derive(provider: Provider, id: string, value: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(provider.derived ?? {}).map(([field, { from, as }]) => {
      const source = from === 'id' ? id : value;
      return [field, as === 'sha256-hex' ? createHash('sha256').update(source).digest('hex') : source];
    }),
  );
}

/** The pair that signs for S3: the id, and the derived secret access key. */
export function s3PairOf(
  credential: Credential,
  target: Target,
): { accessKeyId: string; secretAccessKey: SecretValue } {
  const provider = providerOf(target);
  return {
    accessKeyId: credential.id,
    secretAccessKey: credential.value.map(
      (value) => derive(provider, credential.id, value)['secretAccessKey'] ?? value,
    ),
  };
}

/** Keyturn's own key at the provider: the field `value` of a JSON object, or the whole text. @throws SecretMalformed */
export function adminKeyOf(secret: SecretValue, adminSecret: string): SecretValue {
  return secret.map((text) => {
    const value = bareValue(text);
    if (!VALUE.test(value)) {
      throw new KeyturnError(
        'SecretMalformed',
        `the admin secret ${adminSecret} holds no key: it must be JSON {"value": "…"}, or the key alone`,
      );
    }
    return value;
  });
}

function bareValue(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null)
      return 'value' in parsed && typeof parsed.value === 'string' ? parsed.value : '';
  } catch {
    // Not JSON: the key alone.
  }
  return text.trim();
}
