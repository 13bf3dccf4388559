import { cloneOf, cloneSuffix } from '../shared/database-user/alternation.ts';

/**
 * Characters of a user name: https://dev.mysql.com/doc/refman/8.4/en/user-names.html and
 * https://mariadb.com/kb/en/identifier-names/#maximum-length
 */
const longestName = { mysql: 32, mariadb: 128 } as const;

export type Engine = keyof typeof longestName;

/** Why a name cannot be a user's; undefined when it can. */
export function unfitName(name: string, engine: Engine): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names with them are what is refused.
  if (/[\u0000-\u001f\u007f]|[\ud800-\udfff]/.test(name)) {
    return 'no user name holds a control character, or one beyond the basic multilingual plane';
  }
  // The server cuts trailing spaces off, and would then know another user.
  if (name !== name.trimEnd()) return 'no user name ends in a space';
  return name.length > longestName[engine] ? `at most ${longestName[engine]} characters` : undefined;
}

/** Why a name cannot be that of a base user, which has a clone; undefined when it can. */
export function unfitBase(name: string, engine: Engine): string | undefined {
  if (name.endsWith(cloneSuffix)) return `name the base user; the other one ends in ${cloneSuffix}`;
  const room = longestName[engine] - cloneSuffix.length;
  if (name.length > room) return `at most ${room} characters, because "${cloneOf(name)}" must be a user name too`;
  return unfitName(name, engine);
}
