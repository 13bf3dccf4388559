/** AWS's multi-user template names the second user so; keeping to it lets its secrets be taken over as they are. */
const suffix = '_clone';

/** PostgreSQL cuts longer names off without an error (NAMEDATALEN - 1). */
const longestNameBytes = 63;

/** The login that alternates with the base role. */
export function cloneOf(base: string): string {
  return `${base}${suffix}`;
}

/** The login whose turn it is after `user`. */
export function alternate(base: string, user: string): string {
  return user === base ? cloneOf(base) : base;
}

/** Why a name cannot be a base role's; undefined when it can. */
export function unfitBase(name: string): string | undefined {
  if (name.includes('\0')) return 'no role name holds a NUL';
  if (name.startsWith('pg_')) return 'role names that start with pg_ are reserved by PostgreSQL';
  if (name.endsWith(suffix)) return `name the base role; its other login ends in ${suffix}`;
  const room = longestNameBytes - suffix.length;
  if (Buffer.byteLength(name) > room) {
    return `at most ${room} bytes, because PostgreSQL cuts "${cloneOf(name)}" off at ${longestNameBytes}`;
  }
  return undefined;
}
