import { identifier } from './quote.ts';

/** What an account was granted, out of SHOW GRANTS. */
export interface Grants {
  /**
   * By object as GRANT names it (`*.*`, `PROCEDURE db.p`): its privileges, each column's by itself, `GRANT OPTION`
   * among them. No entry for USAGE.
   */
  on: ReadonlyMap<string, ReadonlySet<string>>;
  /** MySQL's partial revokes: what a global privilege leaves out, by schema. */
  restrictions: ReadonlyMap<string, ReadonlySet<string>>;
  /** Roles, and whether with ADMIN OPTION. */
  roles: ReadonlyMap<string, boolean>;
  /** Sorted. */
  defaultRoles: readonly string[];
}

export const grantOption = 'GRANT OPTION';
export const allPrivileges = 'ALL PRIVILEGES';

/** MySQL's dynamic privileges, told by the underscore, have a grant option each. */
export const withGrantOption = ' WITH GRANT OPTION';

/**
 * Reads the lines of SHOW GRANTS, which are the statements that would grant the same
 * (https://mariadb.com/kb/en/show-grants/, https://dev.mysql.com/doc/refman/8.4/en/show-grants.html). Password hashes,
 * REQUIRE and resource limits, which MariaDB shows there too, are passed over.
 */
export function parseGrants(lines: readonly string[]): Grants {
  const on = new Map<string, Set<string>>();
  const restrictions = new Map<string, Set<string>>();
  const roles = new Map<string, boolean>();
  const defaultRoles: string[] = [];
  for (const line of lines) {
    const tokens = tokensOf(line);
    const [verb] = tokens;
    if (verb === 'SET') {
      defaultRoles.push(...splitList(tokens.slice(3, tokens.indexOf('FOR'))));
      continue;
    }
    const end = tokens.indexOf(verb === 'REVOKE' ? 'FROM' : 'TO');
    const at = tokens.indexOf('ON');
    const options = tokens.slice(end).join(' ');
    if (at < 0) {
      for (const role of splitList(tokens.slice(1, end))) roles.set(role, options.endsWith('WITH ADMIN OPTION'));
      continue;
    }
    const object = joined(tokens.slice(at + 1, end));
    const into = verb === 'REVOKE' ? restrictions : on;
    const privileges = into.get(object) ?? new Set<string>();
    for (const one of privilegesOf(tokens.slice(1, at), options.includes(grantOption))) privileges.add(one);
    if (privileges.size > 0) into.set(object, privileges);
  }
  return { on, restrictions, roles, defaultRoles: defaultRoles.sort() };
}

/** Quoted names (backquoted whatever the server's sql_mode quotes them with), strings, parentheses and commas, words. */
function tokensOf(line: string): string[] {
  const pattern = /`(?:[^`]|``)*`|"(?:[^"]|"")*"|'(?:[^'\\]|''|\\.)*'|[(),]|[^\s(),`"']+/gs;
  return [...line.matchAll(pattern)].map(([token]) =>
    token.startsWith('"') ? identifier(token.slice(1, -1).replaceAll('""', '"')) : token,
  );
}

/** `PROCEDURE`, `` `db` ``, `.`, `` `p` `` → ``PROCEDURE `db`.`p` ``. */
function joined(tokens: readonly string[]): string {
  return tokens
    .join(' ')
    .replaceAll(/ (\.|@) ?/g, (whole, mark: string, offset: number, text: string) =>
      insideQuotes(text, offset) ? whole : mark,
    );
}

function insideQuotes(text: string, offset: number): boolean {
  return text.slice(0, offset).split('`').length % 2 === 0;
}

function splitList(tokens: readonly string[]): string[] {
  const items: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) items.push([]);
    else items.at(-1)?.push(token);
  }
  return items.map(joined);
}

function privilegesOf(tokens: readonly string[], grantable: boolean): string[] {
  const privileges: string[] = [];
  for (const item of splitList(tokens)) {
    const columns = item.indexOf('(');
    const name = (columns < 0 ? item : item.slice(0, columns)).trim();
    if (columns < 0) privileges.push(name);
    else for (const column of columnsOf(item.slice(columns))) privileges.push(`${name} (${column})`);
  }
  const dynamic = privileges.every((name) => /^[A-Z]+(_[A-Z0-9]+)+$/.test(name));
  if (dynamic) return privileges.map((name) => (grantable ? `${name}${withGrantOption}` : name));
  const granted = privileges.filter((name) => name !== 'USAGE');
  return grantable ? [...granted, grantOption] : granted;
}

function columnsOf(list: string): string[] {
  return [...list.matchAll(/`(?:[^`]|``)*`|[^\s(),`]+/g)].map(([column]) => column);
}
