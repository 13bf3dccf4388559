import { KeyturnError } from '../../core/errors.ts';
import type { ChosenKind } from '../../core/kind.ts';
import { type Credential, parseCredential, proposeValue } from '../shared/redis-user/credential.ts';
import { verifyEverywhere } from '../shared/redis-user/doors.ts';
import { hashOf, identityOf } from '../shared/redis-user/identity.ts';
import type { Context } from '../shared/redis-user/place.ts';
import { endSessions } from '../shared/redis-user/sessions.ts';
import { changeEverywhere } from './apply.ts';
import { decideAddition, decideRemoval } from './changes.ts';
import { redis } from './facts.ts';
import { lastUse } from './last-use.ts';
import { proveRefused } from './prove.ts';
import type { Target } from './schema.ts';

/** A Redis or Valkey user with two passwords: see README.md beside this file. */
export function createKind(): ChosenKind<Target, Credential> {
  const identify = ({ username: user, place, password }: Credential) =>
    identityOf({ user, ...place }, hashOf(password));
  const accept = (context: Context, { username, password }: Credential) =>
    changeEverywhere(context, (state) => decideAddition(state, username, hashOf(password)));

  return {
    facts: redis,
    origin: 'chosen',
    parse: parseCredential,
    identify,
    propose: (target, current) => proposeValue(target, current, 'redis'),
    async install(context, { pending }) {
      await accept(context, pending);
      await verifyEverywhere(context, pending);
    },
    verify: verifyEverywhere,
    lastUse: (context, credential, sinceMs, promotedAtMs = sinceMs) =>
      lastUse(context, credential, sinceMs, promotedAtMs),
    async disable(context, { retire, keep, promotedAtMs }) {
      if (retire.password.equals(keep.password)) {
        throw new KeyturnError('CurrentMoved', `"${keep.username}" is to keep the very password that is to be retired`);
      }
      await changeEverywhere(
        context,
        (state) => decideRemoval(state, retire.username, hashOf(retire.password), keep),
        (node) => endSessions(context, node, promotedAtMs),
      );
    },
    enable: (context, credential) => accept(context, credential),
    proveRefused,
    // Disabling has removed the password; nothing of it is left at the servers.
    destroy: async () => undefined,
    async discard(context, identity) {
      const { user } = context.target;
      if (!identity.startsWith(`${user}#`)) {
        throw new KeyturnError('InvalidInput', `"${identity}" is not a password of "${user}"`);
      }
      await changeEverywhere(context, (state) => {
        const hash = state.user?.hashes.find((one) => identityOf(context.target, one) === identity);
        return hash === undefined ? [] : decideRemoval(state, user, hash, undefined);
      });
    },
  };
}
