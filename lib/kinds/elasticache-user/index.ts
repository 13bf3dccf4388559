import { KeyturnError } from '../../core/errors.ts';
import type { ChosenKind } from '../../core/kind.ts';
import { newPassword } from '../../core/password.ts';
import { type Credential, parseCredential, proposeValue } from '../shared/redis-user/credential.ts';
import { verifyEverywhere } from '../shared/redis-user/doors.ts';
import { hashOf, identityOf } from '../shared/redis-user/identity.ts';
import { proveRefused } from '../shared/redis-user/prove.ts';
import { CacheUsers } from './client.ts';
import { elasticacheUser } from './facts.ts';
import { acceptedEverywhere, type Context, isAccepted, stateList, whenActive } from './passwords.ts';
import { patience } from './patience.ts';
import type { Target } from './schema.ts';
import { endingSessions, lastUse, requireObservable } from './sessions.ts';

/** An ElastiCache user with two passwords: see README.md beside this file. */
export function createKind(): ChosenKind<Target, Credential> {
  const users = new CacheUsers();
  const identify = ({ username: user, place, password }: Credential) =>
    identityOf({ user, ...place }, hashOf(password));

  return {
    facts: elasticacheUser,
    origin: 'chosen',
    parse: parseCredential,
    identify,
    propose: (target, current) => proposeValue(target, current, 'redis'),
    async install(context, { pending, current }) {
      await requireObservable(context);
      const stays = current === undefined ? [] : [current];
      await stateList(context, users, { stays, joins: [pending] }, patience.rotateMs);
      await acceptedEverywhere(context, pending);
    },
    verify: verifyEverywhere,
    lastUse: (context, _, sinceMs, promotedAtMs = sinceMs) => lastUse(context, promotedAtMs),
    async disable(context, { retire, keep, promotedAtMs }) {
      if (retire.password.equals(keep.password)) {
        throw new KeyturnError('CurrentMoved', `"${keep.username}" is to keep the very password that is to be retired`);
      }
      await endingSessions(context, promotedAtMs, () =>
        stateList(context, users, { stays: [keep], joins: [] }, patience.retireMs),
      );
    },
    enable: (context, credential, keep) => {
      const joins = keep === undefined ? [credential] : [keep, credential];
      return stateList(context, users, { stays: [], joins }, patience.retireMs);
    },
    proveRefused: (context, versions) => proveRefused(context, versions, async () => remarkOf(context)),
    // Disabling has left the password out of the list; nothing of it is left.
    destroy: async () => undefined,
    async discard(context, identity, known) {
      const { user } = context.target;
      if (known === undefined || !identity.startsWith(`${user}#`)) {
        throw new KeyturnError('InvalidInput', `"${identity}" is not a password of "${user}" that can be left out`);
      }
      const { abandoned, current } = known;
      if (current !== undefined) return stateList(context, users, { stays: [current], joins: [] }, patience.retireMs);
      await whenActive(context, users, patience.retireMs);
      // A list has at least one password: where the secret has none yet, one that nobody knows.
      if (!(await isAccepted(context, abandoned))) return;
      const unknown = { ...abandoned, password: newPassword() };
      await stateList(context, users, { stays: [], joins: [unknown] }, patience.retireMs);
    },
  };
}

/** For the record: what stands beside a refusal where sessions are not ended. */
function remarkOf({ target: { noSessions } }: Context): string {
  return noSessions === undefined ? '' : `; sessions that were open go on until they end: ${noSessions}`;
}
