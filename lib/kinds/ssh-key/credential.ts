import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { newKeyPair, type PublicKey, readPrivateKey } from './key-pair.ts';
import type { Target } from './schema.ts';

/** What a version's value says. */
export interface Credential {
  username: string;
  privateKey: SecretValue;
  publicKey: PublicKey;
  /** The whole value: fields that are not ours are handed on from version to version. */
  document: SecretValue;
}

const text = z.string().check(z.minLength(1));

const Document = z.looseObject({
  username: z.optional(text),
  privateKey: z.optional(text),
  publicKey: z.optional(text),
  fingerprint: z.optional(text),
});
type Document = z.infer<typeof Document>;

/** What a secret made with `create: true` starts with, and what `propose` completes. */
export function initialDocument({ user }: Target): Record<string, unknown> {
  return { username: user };
}

/** Undefined when the value has no key yet. @throws SecretMalformed, TargetMismatch */
export function parseCredential(value: SecretValue, target: Target): Credential | undefined {
  const { username = target.user, privateKey: secret, publicKey: line, fingerprint } = parseDocument(value);
  if (username !== target.user) {
    throw new KeyturnError(
      'TargetMismatch',
      `the secret is for the user ${JSON.stringify(username)}, the inventory says "${target.user}": correct the one that is wrong`,
    );
  }
  if (secret === undefined) return undefined;
  const privateKey = SecretValue.of(secret);
  const publicKey = readPrivateKey(privateKey);
  if (publicKey === undefined) {
    throw malformed(
      'its privateKey cannot be used: it must be a whole key in OpenSSH’s format, or RSA in PEM, and have no passphrase',
    );
  }
  const { type, blob } = publicKey;
  if (line !== undefined && line.split(/\s+/).slice(0, 2).join(' ') !== `${type} ${blob}`)
    throw malformed('its publicKey is not that of its privateKey');
  if (fingerprint !== undefined && fingerprint !== publicKey.fingerprint)
    throw malformed('its fingerprint is not that of its privateKey');
  return { username, privateKey, publicKey, document: value };
}

/** The same user with a new key pair. */
export function proposeValue(target: Target, current: Credential | undefined): SecretValue {
  const before = current?.document ?? SecretValue.of('{}');
  const { privateKey, publicKey } = newKeyPair(target.user);
  const { type, blob, fingerprint } = publicKey;
  return before.map((json) =>
    privateKey.parse((secret) =>
      JSON.stringify({
        ...(JSON.parse(json) as object),
        ...initialDocument(target),
        privateKey: secret,
        publicKey: `${type} ${blob}`,
        fingerprint,
      }),
    ),
  );
}

function parseDocument(value: SecretValue): Document {
  const json = value.parse((whole): unknown => {
    try {
      return JSON.parse(whole);
    } catch {
      // Without the cause: JSON.parse quotes the text that it stumbled over.
      return undefined;
    }
  });
  const parsed = Document.safeParse(json);
  if (parsed.success && !Array.isArray(json)) return parsed.data;
  const fields = parsed.error?.issues.map((issue) => issue.path.join('.')).filter((path) => path !== '') ?? [];
  throw malformed(fields.length > 0 ? `its ${fields.join(', ')} cannot be used` : 'it is no JSON object');
}

function malformed(what: string): KeyturnError {
  return new KeyturnError(
    'SecretMalformed',
    `the secret is not the JSON of an SSH key (username, privateKey, publicKey, fingerprint): ${what}`,
  );
}
