import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { newPassword } from './password.ts';
import type { Target } from './schema.ts';
import { alternate, cloneOf } from './users.ts';

/** What a version's value says. */
export interface Credential {
  username: string;
  password: SecretValue;
  /** The whole value: fields that are not ours are handed on from version to version. */
  document: SecretValue;
}

/** A login of Keyturn's own. */
export interface Admin {
  username: string;
  password: SecretValue;
}

const text = z.string().check(z.minLength(1));

/**
 * AWS's shape of a database secret
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
 */
const Document = z.looseObject({
  engine: z.optional(z.enum(['mysql', 'mariadb', 'aurora-mysql', 'aurora'])),
  host: z.optional(text),
  port: z.optional(z.union([z.int(), z.string().check(z.regex(/^\d+$/))])),
  username: z.optional(text),
  password: z.optional(text),
  dbname: z.optional(text),
  masterarn: z.optional(text),
});
type Document = z.infer<typeof Document>;

/** What a secret made with `create: true` starts with, and what `propose` completes. */
export function initialDocument(target: Target): Record<string, unknown> {
  return {
    engine: target.engine,
    host: target.host,
    port: target.port,
    username: target.user,
    dbname: target.database,
    // A name cannot be made an ARN here: AWS adds six characters of its own.
    ...(target.adminSecret.startsWith('arn:') ? { masterarn: target.adminSecret } : {}),
  };
}

/** Undefined when the value has no password yet. @throws SecretMalformed, TargetMismatch */
export function parseCredential(value: SecretValue, target: Target): Credential | undefined {
  const document = parseDocument(value, 'the secret');
  refuseMismatch(document, target);
  if (document.password === undefined) return undefined;
  if (document.username === undefined) {
    throw new KeyturnError('SecretMalformed', 'the secret has a password but no username');
  }
  return {
    username: document.username,
    password: SecretValue.of(document.password),
    document: value,
  };
}

/** The login of the admin secret. @throws SecretMalformed, TargetMismatch */
export function parseAdmin(value: SecretValue, target: Target): Admin {
  const where = `the admin secret ${target.adminSecret}`;
  const { username, password, host, port } = parseDocument(value, where);
  if (username === undefined || password === undefined) {
    throw new KeyturnError('SecretMalformed', `${where} has no username or no password`);
  }
  refuseDifference(where, 'host', host?.toLowerCase(), target.host.toLowerCase());
  refuseDifference(where, 'port', port, target.port);
  if (username === target.user || username === cloneOf(target.user)) {
    throw new KeyturnError('TargetMismatch', `${where} holds "${username}", one of the users that it is to rotate`);
  }
  return { username, password: SecretValue.of(password) };
}

/** The other user's turn with a new password; the base user itself where there is no credential yet. */
export function proposeValue(target: Target, current: Credential | undefined): SecretValue {
  const username = current === undefined ? target.user : alternate(target.user, current.username);
  const before = current?.document ?? SecretValue.of('{}');
  return before.map((document) =>
    newPassword().parse((password) =>
      JSON.stringify({ ...initialDocument(target), ...JSON.parse(document), username, password }),
    ),
  );
}

function parseDocument(value: SecretValue, where: string): Document {
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
  const what = fields.length > 0 ? `its ${fields.join(', ')} cannot be used` : 'it is no JSON object';
  throw new KeyturnError(
    'SecretMalformed',
    `${where} is not in AWS's shape of a MySQL secret (engine, host, port, username, password, dbname, masterarn): ${what}`,
  );
}

/** Whoever can write the secret must not be able to aim the admin credential elsewhere. */
function refuseMismatch(document: Document, target: Target): void {
  const where = 'the secret';
  refuseDifference(where, 'host', document.host?.toLowerCase(), target.host.toLowerCase());
  refuseDifference(where, 'port', document.port, target.port);
  refuseDifference(where, 'dbname', document.dbname, target.database);
  if (document.username !== undefined && document.username !== cloneOf(target.user)) {
    refuseDifference(where, 'username', document.username, target.user);
  }
  if (document.masterarn !== undefined && !isSameSecret(document.masterarn, target.adminSecret)) {
    refuseDifference(where, 'masterarn', document.masterarn, target.adminSecret);
  }
}

function refuseDifference(
  where: string,
  field: string,
  found: string | number | undefined,
  wanted: string | number,
): void {
  if (found === undefined || String(found) === String(wanted)) return;
  throw new KeyturnError(
    'TargetMismatch',
    `${where} says ${field} ${JSON.stringify(found)}, the inventory says ${JSON.stringify(wanted)}: correct the one that is wrong`,
  );
}

/** An ARN ends in `:secret:<name>-<six characters>`. */
function isSameSecret(arn: string, nameOrArn: string): boolean {
  return arn === nameOrArn || arn.replace(/^.*:secret:/, '').slice(0, -7) === nameOrArn;
}
