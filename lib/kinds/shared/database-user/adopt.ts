import * as z from 'zod/mini';
import type { Adoption } from '../../../core/adoption.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import { parseConnectionUrl } from '../connection-url.ts';
import { cloneSuffix } from './alternation.ts';

/** A database whose users take turns, as far as taking over its secrets goes. */
export interface Database {
  /** `PostgreSQL`. */
  name: string;
  /** Of URLs, without a driver's suffix. */
  schemes: readonly string[];
  /** Of AWS's JSON. The first is what a new secret says. */
  engines: readonly [string, ...string[]];
  port: number;
  /** What the admin's login needs, for this user and database. */
  grants(user: string, database: string): string[];
}

interface Login {
  engine: string;
  host: string;
  port: number;
  username: string;
  password: SecretValue;
  dbname: string | undefined;
}

const text = z.string().check(z.minLength(1));
const port = z.union([z.int(), z.string().check(z.regex(/^\d{1,5}$/))]);

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
const Document = z.looseObject({
  engine: text,
  host: text,
  port: z.optional(port),
  username: text,
  password: text,
  dbname: z.optional(text),
  masterarn: z.optional(text),
});

/** A URL, or AWS's JSON, of one user. Pure. */
export function adoptDatabase(database: Database, value: SecretValue): Adoption | undefined {
  return adoptUrl(database, value) ?? adoptDocument(database, value);
}

function adoptUrl(database: Database, value: SecretValue): Adoption | undefined {
  const url = parseConnectionUrl(value, database.schemes);
  if (url === undefined || url.username === '') return undefined;
  const login: Login = {
    engine: database.engines[0],
    host: url.host,
    port: url.port ?? database.port,
    username: url.username,
    password: url.password,
    dbname: url.path === '' ? undefined : url.path,
  };
  const { engine, host, username, dbname } = login;
  const source = url.password.map((password) =>
    JSON.stringify({ engine, host, port: login.port, username, password, ...(dbname && { dbname }) }),
  );
  const common = adopted(database, login, undefined, `a ${database.name} URL`);
  const name = `${engine}-${baseOf(login)}`;
  return { ...common, source: { value: source, name, view: url.view } };
}

function adoptDocument(database: Database, value: SecretValue): Adoption | undefined {
  const { data } = Document.safeParse(value.parse(jsonOf));
  if (data === undefined || !database.engines.includes(data.engine)) return undefined;
  const { password, masterarn, ...plain } = data;
  const login = {
    ...plain,
    port: Number(data.port ?? database.port),
    password: SecretValue.of(password),
    dbname: data.dbname,
  };
  const how = masterarn === undefined ? '' : ' with an admin secret beside it (its multi-user rotation template)';
  return adopted(database, login, masterarn, `${database.name} JSON in AWS's shape${how}`);
}

function adopted(database: Database, login: Login, admin: string | undefined, form: string): Adoption {
  const { engine, host, dbname, username } = login;
  const user = baseOf(login);
  const notes: string[] = [];
  if (username !== user)
    notes.push(`it is ${username}'s turn, the clone of ${user}: taken over as it is, the next rotation is ${user}'s`);
  if (admin === undefined)
    notes.push(`adminSecret: make a login that may do what is below, and a secret {"username", "password"} with it`);
  if (dbname === undefined) notes.push('database: the value does not say which; name one that the user may connect to');
  return {
    what: `${form}: user ${username} at ${host}${dbname === undefined ? '' : `, database ${dbname}`}`,
    target: {
      ...(engine !== database.engines[0] && database.engines.length > 1 && engine === 'mariadb' ? { engine } : {}),
      host,
      ...(login.port === database.port ? {} : { port: login.port }),
      database: dbname ?? '<the database>',
      user,
      adminSecret: admin ?? '<the admin secret>',
    },
    notes,
    needs: database.grants(user, dbname ?? '<the database>'),
  };
}

function baseOf({ username }: Login): string {
  return username.endsWith(cloneSuffix) ? username.slice(0, -cloneSuffix.length) : username;
}

/** Undefined where it is none: the parser's own message would quote the value. */
function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
