import * as z from 'zod/mini';
import { KeyturnError } from '../../../core/errors.ts';
import { newPassword } from '../../../core/password.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import { parseDocument, refuseDifference } from '../document.ts';
import type { Place } from './place.ts';

/** A login: the one under rotation, or Keyturn's own. */
export interface Login {
  username: string;
  password: SecretValue;
}

/** What a version's value says. */
export interface Credential extends Login {
  /** Where it logs in: its own name for the target. */
  place: { host: string; port: number };
  /** The whole value: fields that are not ours are handed on from version to version. */
  document: SecretValue;
}

const text = z.string().check(z.minLength(1));

const Document = z.looseObject({
  engine: z.optional(z.string().check(z.regex(/^(redis|valkey)$/))),
  host: z.optional(text),
  port: z.optional(z.union([z.int(), z.string().check(z.regex(/^\d+$/))])),
  username: z.optional(text),
  password: z.optional(text),
});
type Document = z.infer<typeof Document>;

/** What a secret made with `create: true` starts with, and what `propose` completes. */
export function initialDocument(target: Place, engine: string): Record<string, unknown> {
  return { engine, host: target.host, port: target.port, username: target.user };
}

/** Undefined when the value has no password yet. @throws SecretMalformed, TargetMismatch */
export function parseCredential(value: SecretValue, target: Place): Credential | undefined {
  const where = 'the secret';
  const { host, port, username, password } = parse(value, where);
  refuseDifference(where, 'host', host?.toLowerCase(), target.host.toLowerCase());
  refuseDifference(where, 'port', port, target.port);
  // Without a user name clients mean the user `default`.
  refuseDifference(where, 'username', username ?? (password && 'default'), target.user);
  if (password === undefined) return undefined;
  return {
    username: target.user,
    password: SecretValue.of(password),
    place: { host: target.host, port: target.port },
    document: value,
  };
}

/** The login of the admin secret. @throws SecretMalformed, TargetMismatch */
export function parseAdmin(value: SecretValue, target: Place): Login {
  const where = `the admin secret ${target.adminSecret}`;
  const { username, password, host } = parse(value, where);
  if (username === undefined || password === undefined) {
    throw new KeyturnError('SecretMalformed', `${where} has no username or no password`);
  }
  const hosts = [target, ...target.nodes].map((one) => one.host.toLowerCase());
  if (host !== undefined && !hosts.includes(host.toLowerCase())) {
    throw new KeyturnError('TargetMismatch', `${where} is for the host "${host}", which the inventory does not name`);
  }
  if (username === target.user) {
    throw new KeyturnError('TargetMismatch', `${where} holds "${username}", the user that it is to rotate`);
  }
  return { username, password: SecretValue.of(password) };
}

/** The same user with a new password. @param engine where the value names none */
export function proposeValue(target: Place, current: Credential | undefined, engine: string): SecretValue {
  const before = current?.document ?? SecretValue.of('{}');
  const password = newPassword();
  return before.map((json) =>
    password.parse((secret) =>
      JSON.stringify({
        ...initialDocument(target, engine),
        ...(JSON.parse(json) as object),
        ...fixed(target),
        password: secret,
      }),
    ),
  );
}

/** What the inventory says and the value had perhaps not: views count on it. The value's own `engine` stays. */
function fixed({ host, port, user }: Place): Record<string, unknown> {
  return { host, port, username: user };
}

function parse(value: SecretValue, where: string): Document {
  return parseDocument(
    Document,
    value,
    `${where} is not the JSON of a Redis login (engine, host, port, username, password)`,
  );
}
