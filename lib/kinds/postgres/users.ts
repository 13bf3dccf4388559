import { cloneOf, cloneSuffix } from '../shared/database-user/alternation.ts';

/** PostgreSQL cuts longer names off without an error (NAMEDATALEN - 1). */
const longestNameBytes = 63;

/** Why a name cannot be a base role's; undefined when it can. */
export function unfitBase(name: string): string | undefined {
  if (name.includes('\0')) return 'no role name holds a NUL';
  if (name.startsWith('pg_')) return 'role names that start with pg_ are reserved by PostgreSQL';
  if (name.endsWith(cloneSuffix)) return `name the base role; its other login ends in ${cloneSuffix}`;
  const room = longestNameBytes - cloneSuffix.length;
  if (Buffer.byteLength(name) > room) {
    return `at most ${room} bytes, because PostgreSQL cuts "${cloneOf(name)}" off at ${longestNameBytes}`;
  }
  return undefined;
}
