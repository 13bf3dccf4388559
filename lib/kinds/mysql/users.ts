/** AWS's multi-user template names the second user so; keeping to it lets its secrets be taken over as they are. */
const suffix = '_clone';

/**
 * Characters of a user name: https://dev.mysql.com/doc/refman/8.4/en/user-names.html and
 * https://mariadb.com/kb/en/identifier-names/#maximum-length
 */
const longestName = { mysql: 32, mariadb: 128 } as const;

export type Engine = keyof typeof longestName;

/** The user that alternates with the base user. */
export function cloneOf(base: string): string {
  return `${base}${suffix}`;
}

/** The user whose turn it is after `user`. */
export function alternate(base: string, user: string): string {
  return user === base ? cloneOf(base) : base;
}

/** Why a name cannot be a base user's; undefined when it can. */
export function unfitBase(name: string, engine: Engine): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names with them are what is refused.
  if (/[\u0000-\u001f\u007f]|[\ud800-\udfff]/.test(name)) {
    return 'no user name holds a control character, or one beyond the basic multilingual plane';
  }
  // The server cuts trailing spaces off, and would then know another user.
  if (name !== name.trimEnd()) return 'no user name ends in a space';
  if (name.endsWith(suffix)) return `name the base user; the other one ends in ${suffix}`;
  const room = longestName[engine] - suffix.length;
  if (name.length > room) return `at most ${room} characters, because "${cloneOf(name)}" must be a user name too`;
  return undefined;
}
