import type { KindFacts } from '../../core/kind.ts';
import { adopt } from './adopt.ts';
import { initialDocument } from './credential.ts';
import { parseTarget, type Target } from './schema.ts';

export const postgres: KindFacts<Target> = {
  id: 'postgres',
  title: 'A PostgreSQL user (RDS, Aurora or your own), alternating between two logins of one role',
  origin: 'chosen',
  overlap: 'alternating-users',
  destroys: false,
  evidence: {
    lastUse: 'sessions of the login in pg_stat_activity, at the writer and every replica, at the moment of asking',
    disable: 'NOLOGIN, then its sessions are ended, at the writer and every replica',
    destroy: 'none: the base role owns the objects, so disabling is final',
    provenDead:
      'a login with the old password is refused (SQLSTATE 28000 or 28P01) at every endpoint, one with the new accepted',
  },
  fields: { engine: 'plain', host: 'plain', port: 'plain', dbname: 'plain', username: 'identity', password: 'secret' },
  parseTarget,
  adminSecretOf: (target) => target.adminSecret,
  adopt,
  initialValue: initialDocument,
  needs: { rotate: () => [], retire: () => [], network: true },
};
