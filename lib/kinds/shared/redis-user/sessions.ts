import { KeyturnError } from '../../../core/errors.ts';
import { textOf } from '../../../net/redis/session.ts';
import { eventually } from '../wait.ts';
import type { Node } from './doors.ts';
import type { Context } from './place.ts';

/** One line of CLIENT LIST. https://redis.io/docs/latest/commands/client-list/ */
export interface Session {
  id: string;
  user: string;
  /** Host only. */
  address: string;
  /** In whole seconds, rounded down. */
  ageSeconds: number;
  /** A replica's link to this server. */
  replica: boolean;
}

export function parseSessions(list: string): Session[] {
  return list
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = new Map(
        line.split(' ').map((field) => {
          const at = field.indexOf('=');
          return [field.slice(0, at), field.slice(at + 1)];
        }),
      );
      return {
        id: fields.get('id') ?? '',
        user: fields.get('user') ?? '',
        address: (fields.get('addr') ?? '').replace(/:\d+$/, ''),
        ageSeconds: Number(fields.get('age')),
        replica: (fields.get('flags') ?? '').includes('S'),
      };
    });
}

/**
 * Whether it began before an instant. The age is given in whole seconds of the server's clock, so it may have begun up
 * to a second before: in doubt, yes. Ages are durations, so clocks need not agree. Pure.
 * @param askedAtMs when the list was asked for, or before
 */
export function beganBefore({ ageSeconds }: Session, instantMs: number, askedAtMs: number): boolean {
  const earliestMs = askedAtMs - (ageSeconds + 1) * 1000;
  // Not `<`: an age that cannot be read is no age at all.
  return !(earliestMs >= instantMs);
}

/** The user's sessions at one server that began before an instant; all of them without one. */
export async function sessionsBefore(
  { clock, target }: Context,
  { session }: Node,
  instantMs: number | undefined,
): Promise<Session[]> {
  const askedAtMs = clock.nowMs();
  const sessions = parseSessions(textOf(await session.call('CLIENT', 'LIST')));
  return sessions.filter(
    (one) => one.user === target.user && (instantMs === undefined || beganBefore(one, instantMs, askedAtMs)),
  );
}

const goneMs = 5_000;

/**
 * Ends them by their ids, which no later connection ever gets. Asked once, after the password was removed: who comes back
 * has logged in with another. A server may take a moment for one that it is just writing to.
 * @throws TargetTimeout
 */
export async function endSessions(context: Context, node: Node, instantMs: number | undefined): Promise<void> {
  const condemned = new Set((await sessionsBefore(context, node, instantMs)).map(({ id }) => id));
  if (condemned.size === 0) return;
  await Promise.all([...condemned].map((id) => node.session.call('CLIENT', 'KILL', 'ID', id)));
  const areGone = async () => !(await sessionsBefore(context, node, instantMs)).some(({ id }) => condemned.has(id));
  if (await eventually(context, goneMs, areGone)) return;
  throw new KeyturnError(
    'TargetTimeout',
    `Redis at ${node.name}: sessions of "${context.target.user}" live on ${goneMs / 1000} s after they were told to end`,
  );
}
