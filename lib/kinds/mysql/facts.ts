import type { KindFacts } from '../../core/kind.ts';
import { adopt } from './adopt.ts';
import { initialDocument } from './credential.ts';
import { parseTarget, type Target } from './schema.ts';

export const mysql: KindFacts<Target> = {
  id: 'mysql',
  title:
    'A MySQL or MariaDB user (RDS, Aurora or your own), alternating between two users with equal grants, or with two passwords',
  origin: 'chosen',
  overlap: 'alternating-users',
  destroys: false,
  evidence: {
    lastUse:
      'sessions of the user in the process list, at the writer and every replica, at the moment of asking; of a user with two passwords those that were idle since before the promotion',
    disable:
      'ACCOUNT LOCK for every host of the user, or its old password removed; then those sessions are killed, at the writer and every replica',
    destroy: 'none: views, routines and events name the user as their definer, so disabling is final',
    provenDead:
      'a login with the old password is refused (error 1045, 3118 or 4151) at every endpoint, one with the new accepted',
  },
  fields: { engine: 'plain', host: 'plain', port: 'plain', dbname: 'plain', username: 'identity', password: 'secret' },
  // With two passwords the user's name stays.
  fieldsOf: ({ overlap }) => (overlap === 'dual-passwords' ? { username: 'plain' } : {}),
  parseTarget,
  adminSecretOf: (target) => target.adminSecret,
  adopt,
  initialValue: initialDocument,
  needs: { rotate: () => [], retire: () => [], network: true },
};
