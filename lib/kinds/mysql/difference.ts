import { allPrivileges, type Grants, grantOption, withGrantOption } from './grants.ts';
import { accountName } from './quote.ts';

/** One statement on an account's grants. */
export interface GrantChange {
  statement: string;
  /** Whether the account gets something by it; else it loses something. */
  gains: boolean;
  /** What the admin must be granted to do it; `{admin}` stands for its name. */
  needs: string;
}

const none: ReadonlySet<string> = new Set();

/** What makes an account's grants equal to the wanted ones; empty when they are. Pure. */
export function grantChanges(
  wanted: Grants,
  present: Grants,
  account: { user: string; host: string },
  mariadb: boolean,
): GrantChange[] {
  const to = accountName(account);
  const changes: GrantChange[] = [...roleChanges(wanted, present, to)];
  for (const object of new Set([...present.on.keys(), ...wanted.on.keys()])) {
    changes.push(...objectChanges(object, wanted.on.get(object) ?? none, present.on.get(object) ?? none, to));
  }
  changes.push(...restrictionChanges(wanted, present, to), ...defaultRoleChanges(wanted, present, to, mariadb));
  return changes;
}

function roleChanges(wanted: Grants, present: Grants, to: string): GrantChange[] {
  const changes: GrantChange[] = [];
  for (const [role, admin] of present.roles) {
    // An ADMIN OPTION too many goes with the role, which then comes back without: MySQL cannot take it alone.
    if (wanted.roles.get(role) !== undefined && (wanted.roles.get(role) || !admin)) continue;
    changes.push({ statement: `REVOKE ${role} FROM ${to}`, gains: false, needs: roleGrant(role) });
  }
  for (const [role, admin] of wanted.roles) {
    const has = present.roles.get(role);
    if (has === admin) continue;
    const statement = `GRANT ${role} TO ${to}${admin ? ' WITH ADMIN OPTION' : ''}`;
    changes.push({ statement, gains: has === undefined || admin, needs: roleGrant(role) });
  }
  return changes;
}

function roleGrant(role: string): string {
  return `GRANT ${role} TO {admin} WITH ADMIN OPTION`;
}

function objectChanges(
  object: string,
  wanted: ReadonlySet<string>,
  present: ReadonlySet<string>,
  to: string,
): GrantChange[] {
  const changes: GrantChange[] = [];
  const change = (verb: 'GRANT' | 'REVOKE', privileges: readonly string[], grantable = false) => {
    const list = privileges.length === 0 ? 'USAGE' : privileges.join(', ');
    const option = grantable ? withGrantOption : '';
    const statement =
      verb === 'GRANT' ? `GRANT ${list} ON ${object} TO ${to}${option}` : `REVOKE ${list} ON ${object} FROM ${to}`;
    const given = privileges.filter((privilege) => privilege !== grantOption);
    const needs = `GRANT ${given.length === 0 ? 'USAGE' : given.join(', ')} ON ${object} TO {admin}${withGrantOption}`;
    changes.push({ statement, gains: verb === 'GRANT', needs });
  };

  // A proxy's grant option does not go by itself.
  const whole = present.has('PROXY') && present.has(grantOption) && !wanted.has(grantOption);
  const had = whole ? none : present;
  if (whole) change('REVOKE', ['PROXY']);

  const [now, goal] = [plain(had), plain(wanted)];
  const removesAll = now.has(allPrivileges) && !goal.has(allPrivileges);
  if (removesAll) change('REVOKE', [allPrivileges]);
  else if (!goal.has(allPrivileges)) {
    const surplus = [...now].filter((one) => !goal.has(one) && !dynamicOf(wanted).has(one));
    if (surplus.length > 0) change('REVOKE', surplus);
  }
  const surplusDynamic = [...dynamicOf(had)].filter((one) => !dynamicOf(wanted).has(one));
  if (surplusDynamic.length > 0) change('REVOKE', surplusDynamic);
  if (had.has(grantOption) && !wanted.has(grantOption)) change('REVOKE', [grantOption]);

  const gainsOption = wanted.has(grantOption) && !had.has(grantOption);
  const kept = removesAll ? none : now;
  const lacking = kept.has(allPrivileges)
    ? []
    : [...goal].filter((one) => !kept.has(one) || surplusDynamic.includes(one));
  // USAGE with the option is no statement for every sort of object; what is granted already is, again.
  if (gainsOption) change('GRANT', lacking.length > 0 ? lacking : [...goal], true);
  else if (lacking.length > 0) change('GRANT', lacking);
  const lackingDynamic = [...dynamicOf(wanted)].filter((one) => !dynamicOf(had).has(one));
  if (lackingDynamic.length > 0) change('GRANT', lackingDynamic, true);
  return changes;
}

/** Privileges without a grant option of their own. */
function plain(privileges: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...privileges].filter((one) => one !== grantOption && !one.endsWith(withGrantOption)));
}

/** MySQL's dynamic privileges that have the grant option, by name. */
function dynamicOf(privileges: ReadonlySet<string>): ReadonlySet<string> {
  const names = [...privileges].filter((one) => one.endsWith(withGrantOption));
  return new Set(names.map((one) => one.slice(0, -withGrantOption.length)));
}

/** MySQL: a global privilege is restricted by REVOKE, and the restriction lifted by GRANT, on the schema. */
function restrictionChanges(wanted: Grants, present: Grants, to: string): GrantChange[] {
  const changes: GrantChange[] = [];
  for (const object of new Set([...present.restrictions.keys(), ...wanted.restrictions.keys()])) {
    const [goal, now] = [wanted.restrictions.get(object) ?? none, present.restrictions.get(object) ?? none];
    const restrict = [...goal].filter((one) => !now.has(one)).join(', ');
    const lift = [...now].filter((one) => !goal.has(one)).join(', ');
    const needs = (list: string) => `GRANT ${list} ON ${object} TO {admin}${withGrantOption}`;
    if (restrict !== '')
      changes.push({ statement: `REVOKE ${restrict} ON ${object} FROM ${to}`, gains: false, needs: needs(restrict) });
    if (lift !== '')
      changes.push({ statement: `GRANT ${lift} ON ${object} TO ${to}`, gains: true, needs: needs(lift) });
  }
  return changes;
}

function defaultRoleChanges(wanted: Grants, present: Grants, to: string, mariadb: boolean): GrantChange[] {
  const [goal, now] = [wanted.defaultRoles.join(', '), present.defaultRoles.join(', ')];
  if (goal === now) return [];
  const statement = `SET DEFAULT ROLE ${goal === '' ? 'NONE' : goal} ${mariadb ? 'FOR' : 'TO'} ${to}`;
  const needs = mariadb ? 'GRANT UPDATE ON `mysql`.* TO {admin}' : 'GRANT CREATE USER ON *.* TO {admin}';
  return [{ statement, gains: goal !== '', needs }];
}
