import type { KindFacts } from '../../core/kind.ts';
import { adopt } from './adopt.ts';
import { initialDocument } from './credential.ts';
import { userlistOf } from './poolers/schema.ts';
import { parseTarget, type Target } from './schema.ts';

export const postgres: KindFacts<Target> = {
  id: 'postgres',
  title: 'A PostgreSQL user (RDS, Aurora or your own), alternating between two logins of one role',
  origin: 'chosen',
  overlap: 'alternating-users',
  destroys: false,
  evidence: {
    lastUse:
      "sessions of the login in pg_stat_activity at the writer and every replica, a pooler's idle ones apart, and clients of every pooler, at the moment of asking",
    disable: "taken from the poolers' lists, NOLOGIN, then its sessions are ended, at the writer and every replica",
    destroy: 'none: the base role owns the objects, so disabling is final',
    provenDead:
      'a login with the old password is refused (SQLSTATE 28000 or 28P01) at every endpoint and pooler, one with the new accepted',
  },
  fields: { engine: 'plain', host: 'plain', port: 'plain', dbname: 'plain', username: 'identity', password: 'secret' },
  parseTarget,
  adminSecretOf: (target) => target.adminSecret,
  furtherSecretsOf: ({ poolers }) => ({
    read: [...new Set(poolers.map(({ consoleSecret }) => consoleSecret))],
    kept: [...new Set(poolers.flatMap((pooler) => userlistOf(pooler) ?? []))],
  }),
  adopt,
  initialValue: initialDocument,
  needs: { rotate: () => [], retire: () => [], network: true },
};
