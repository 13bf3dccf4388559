import { KeyturnError } from '../../../core/errors.ts';

/** AWS's multi-user templates name the second user so; keeping to it lets their secrets be taken over as they are. */
export const cloneSuffix = '_clone';

/** The user that alternates with the base user. */
export function cloneOf(base: string): string {
  return `${base}${cloneSuffix}`;
}

/** The user whose turn it is after `user`. */
export function alternate(base: string, user: string): string {
  return user === base ? cloneOf(base) : base;
}

/** @throws CurrentMoved when the user to be retired is the one to be kept */
export function refuseSame(retire: { username: string }, keep: { username: string }): void {
  if (retire.username !== keep.username) return;
  throw new KeyturnError('CurrentMoved', `"${keep.username}" is both to be kept and to be retired`);
}

/** @throws InvalidInput when the identity is neither of the two users */
export function refuseStranger(base: string, identity: string): void {
  if (identity === base || identity === cloneOf(base)) return;
  throw new KeyturnError('InvalidInput', `"${identity}" is not a user that alternates with "${base}"`);
}
