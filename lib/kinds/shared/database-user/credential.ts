import * as z from 'zod/mini';
import { KeyturnError } from '../../../core/errors.ts';
import { newPassword } from '../../../core/password.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import { parseDocument, refuseDifference } from '../document.ts';
import { alternate, cloneOf } from './alternation.ts';
import type { DatabaseTarget } from './target.ts';

/** A login: of Keyturn's own, or one under rotation. */
export interface Login {
  username: string;
  password: SecretValue;
}

/** What a version's value says. */
export interface Credential extends Login {
  /** The whole value: fields that are not ours are handed on from version to version. */
  document: SecretValue;
}

/** What is a database's own in AWS's shape of its secret. */
export interface Dialect<Target> {
  /** For errors. */
  product: string;
  /** What AWS writes as `engine`. */
  engines: readonly string[];
  /** What a secret made with `create: true` says. */
  engineOf(target: Target): string;
  /** Whether the base user and its clone take turns at this target; else the base keeps its name. Default true. */
  takesTurns?(target: Target): boolean;
}

const text = z.string().check(z.minLength(1));

/**
 * AWS's shape of a database secret
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html).
 */
const Fields = z.looseObject({
  engine: z.optional(z.string()),
  host: z.optional(text),
  port: z.optional(z.union([z.int(), z.string().check(z.regex(/^\d+$/))])),
  username: z.optional(text),
  password: z.optional(text),
  dbname: z.optional(text),
  masterarn: z.optional(text),
});
type Fields = z.infer<typeof Fields>;

/** How secrets of one database are read and written. */
export interface DatabaseSecrets<Target> {
  /** What a secret made with `create: true` starts with, and what `proposeValue` completes. */
  initialDocument(target: Target): Record<string, unknown>;
  /** Undefined when the value has no password yet. @throws SecretMalformed, TargetMismatch */
  parseCredential(value: SecretValue, target: Target): Credential | undefined;
  /** The login of the admin secret. @throws SecretMalformed, TargetMismatch */
  parseAdmin(value: SecretValue, target: Target): Login;
  /** The next user's turn with a new password; the base user's where there is no credential yet. */
  proposeValue(target: Target, current: Credential | undefined): SecretValue;
}

export function databaseSecrets<Target extends DatabaseTarget>(dialect: Dialect<Target>): DatabaseSecrets<Target> {
  const Document = z.extend(Fields, { engine: z.optional(z.enum(dialect.engines)) });
  const parse = (value: SecretValue, where: string): Fields =>
    parseDocument(
      Document,
      value,
      `${where} is not in AWS's shape of a ${dialect.product} secret (engine, host, port, username, password, dbname, masterarn)`,
    );
  const takesTurns = (target: Target) => dialect.takesTurns?.(target) ?? true;

  function initialDocument(target: Target): Record<string, unknown> {
    return {
      engine: dialect.engineOf(target),
      host: target.host,
      port: target.port,
      username: target.user,
      dbname: target.database,
      // A name cannot be made an ARN here: AWS adds six characters of its own.
      ...(target.adminSecret.startsWith('arn:') ? { masterarn: target.adminSecret } : {}),
    };
  }

  return {
    initialDocument,
    parseCredential(value, target) {
      const document = parse(value, 'the secret');
      refuseMismatch(document, target, takesTurns(target));
      if (document.password === undefined) return undefined;
      if (document.username === undefined) {
        throw new KeyturnError('SecretMalformed', 'the secret has a password but no username');
      }
      return { username: document.username, password: SecretValue.of(document.password), document: value };
    },
    parseAdmin(value, target) {
      const where = `the admin secret ${target.adminSecret}`;
      const { username, password, host, port } = parse(value, where);
      if (username === undefined || password === undefined) {
        throw new KeyturnError('SecretMalformed', `${where} has no username or no password`);
      }
      refuseDifference(where, 'host', host?.toLowerCase(), target.host.toLowerCase());
      refuseDifference(where, 'port', port, target.port);
      if (username === target.user || username === cloneOf(target.user)) {
        throw new KeyturnError('TargetMismatch', `${where} holds "${username}", one of the users that it is to rotate`);
      }
      return { username, password: SecretValue.of(password) };
    },
    proposeValue(target, current) {
      const username =
        current !== undefined && takesTurns(target) ? alternate(target.user, current.username) : target.user;
      const before = current?.document ?? SecretValue.of('{}');
      return before.map((document) =>
        newPassword().parse((password) =>
          JSON.stringify({ ...initialDocument(target), ...JSON.parse(document), username, password }),
        ),
      );
    },
  };
}

/** Whoever can write the secret must not be able to aim the admin credential elsewhere. */
function refuseMismatch(document: Fields, target: DatabaseTarget, takesTurns: boolean): void {
  const where = 'the secret';
  refuseDifference(where, 'host', document.host?.toLowerCase(), target.host.toLowerCase());
  refuseDifference(where, 'port', document.port, target.port);
  refuseDifference(where, 'dbname', document.dbname, target.database);
  if (!takesTurns && document.username === cloneOf(target.user))
    throw new KeyturnError(
      'TargetMismatch',
      `${where} holds "${cloneOf(target.user)}", whose turn it is of two users: leave its value as it is, take target.overlap out, rotate once, and then say it again`,
    );
  if (!takesTurns || document.username !== cloneOf(target.user)) {
    refuseDifference(where, 'username', document.username, target.user);
  }
  if (document.masterarn !== undefined && !isSameSecret(document.masterarn, target.adminSecret)) {
    refuseDifference(where, 'masterarn', document.masterarn, target.adminSecret);
  }
}

/** An ARN ends in `:secret:<name>-<six characters>`. */
function isSameSecret(arn: string, nameOrArn: string): boolean {
  return arn === nameOrArn || arn.replace(/^.*:secret:/, '').slice(0, -7) === nameOrArn;
}
