import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';
import { identifier, literal, settingValue } from './quote.ts';
import type { Role, State } from './state.ts';

/** What an install has to do beside the password. */
export interface Changes {
  /** Statements before the password's, in order; empty when nothing has drifted. */
  statements: string[];
  /** Options of the password's own ALTER ROLE, such as `CONNECTION LIMIT 7`. */
  options: string[];
}

/** In PostgreSQL 16 a membership got options of its own; before, INHERIT was the member's attribute. */
const membershipOptionsVersion = 160_000;

/**
 * Decides what makes `login` as good as the base role. Pure.
 * @param base the base role's name, as in the inventory.
 * @throws InvalidInput when there is no base role; PrivilegeLost when the clone has what the base would miss.
 */
export function decideChanges(state: State, base: string, login: string): Changes {
  return login === base ? changesOfBase(state, base) : changesOfClone(state, base);
}

function changesOfBase(state: State, base: string): Changes {
  if (state.base === null) return { statements: [`CREATE ROLE ${identifier(base)}`], options: [] };
  refuseLoss(state, state.base);
  return { statements: [], options: [] };
}

function changesOfClone({ base, clone, membership, version }: State, baseName: string): Changes {
  if (base === null) {
    throw new KeyturnError('InvalidInput', `there is no role "${baseName}" at the target: correct target.user`);
  }
  const name = identifier(cloneOf(baseName));
  const statements: string[] = [];
  const options: string[] = [];
  if (clone === null) statements.push(`CREATE ROLE ${name}`);
  if (!membership?.inherit || !membership.set) {
    const withOptions = version >= membershipOptionsVersion ? ' WITH INHERIT TRUE, SET TRUE' : '';
    statements.push(`GRANT ${identifier(baseName)} TO ${name}${withOptions}`);
  }
  statements.push(...settingChanges(name, wantedSettings(base), flatten(clone)));
  if (clone?.inherit === false) options.push('INHERIT');
  const limit = clone?.connectionLimit ?? -1;
  if (limit !== base.connectionLimit) options.push(`CONNECTION LIMIT ${base.connectionLimit}`);
  // The other attributes count for the role that a session acts as, which is the base. This one counts at the login.
  if ((clone?.replication ?? false) !== base.replication)
    options.push(base.replication ? 'REPLICATION' : 'NOREPLICATION');
  return { statements, options };
}

/**
 * One statement resets whatever a revocation left behind: NOLOGIN, an old expiry.
 * @returns one simple query, which PostgreSQL runs as one transaction.
 */
export function applied(changes: Changes, login: string, verifier: SecretValue): SecretValue {
  return verifier.map((text) => {
    const options = ['LOGIN', ...changes.options].join(' ');
    const password = `ALTER ROLE ${identifier(login)} WITH ${options} PASSWORD ${literal(text)} VALID UNTIL 'infinity'`;
    return [...changes.statements, password].join(';\n');
  });
}

/** Settings by database ('' for all), then by name. */
type Flat = Map<string, Map<string, string>>;

/** The role that a session of the base acts as: the base, unless its own settings name another. */
function wantedSettings(base: Role): Flat {
  const settings = flatten(base);
  const everywhere = settings.get('') ?? new Map<string, string>();
  return settings.set('', new Map([['role', base.name], ...everywhere]));
}

function flatten(role: Role | null): Flat {
  const entry = (text: string): [string, string] => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)];
  };
  return new Map(role?.settings.map(({ database, entries }) => [database ?? '', new Map(entries.map(entry))]));
}

function settingChanges(role: string, wanted: Flat, present: Flat): string[] {
  const statements: string[] = [];
  for (const database of new Set([...wanted.keys(), ...present.keys()])) {
    const alter = `ALTER ROLE ${role}${database === '' ? '' : ` IN DATABASE ${identifier(database)}`}`;
    const goal = wanted.get(database) ?? new Map<string, string>();
    const now = present.get(database) ?? new Map<string, string>();
    for (const [name, value] of goal) {
      if (now.get(name) !== value) statements.push(`${alter} SET ${setting(name)} TO ${settingValue(name, value)}`);
    }
    for (const name of now.keys()) {
      if (!goal.has(name)) statements.push(`${alter} RESET ${setting(name)}`);
    }
  }
  return statements;
}

/** `search_path`, or an extension's `plperl.on_init`: a dotted name is quoted part by part. */
function setting(name: string): string {
  return name.split('.').map(identifier).join('.');
}

/**
 * A clone that did not act as the base (as AWS's multi-user template makes it) owns what was created under it, and the
 * base cannot reach that: going over to the base would lose it.
 */
function refuseLoss({ clone }: State, base: Role): void {
  if (clone === null || flatten(clone).get('')?.get('role') === wantedSettings(base).get('')?.get('role')) return;
  if (clone.holdings === 0 && clone.memberships.length === 0) return;
  const [from, to] = [identifier(clone.name), identifier(base.name)];
  const remedies = [
    ...(clone.holdings > 0
      ? [`REASSIGN OWNED BY ${from} TO ${to} in each database, and its grants to ${to} instead`]
      : []),
    ...clone.memberships.map((role) => `GRANT ${identifier(role)} TO ${to}`),
  ];
  throw new KeyturnError(
    'PrivilegeLost',
    `"${clone.name}" owns or was granted what "${base.name}" cannot use (objects: ${clone.holdings}, memberships: ${clone.memberships.length}), so the next login would lose it: ${remedies.join('; ')}`,
  );
}
