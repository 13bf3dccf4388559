import type { KindFacts } from '../../core/kind.ts';
import { initialDocument } from '../shared/redis-user/credential.ts';
import { adopt } from './adopt.ts';
import { parseTarget, type Target } from './schema.ts';

export const redis: KindFacts<Target> = {
  id: 'redis',
  title: 'a Redis or Valkey ACL user, with two passwords during the overlap',
  origin: 'chosen',
  overlap: 'two-slots',
  destroys: false,
  evidence: {
    lastUse:
      'sessions of the user that began before the promotion, at every server; a later session may be by either password',
    disable: 'the password is removed at every server and that is saved; sessions from before the promotion are ended',
    destroy: 'none: a removed password is gone, so disabling is final',
    provenDead: 'a login with the old password is refused (WRONGPASS) at every server, one with the new accepted',
  },
  fields: { engine: 'plain', host: 'plain', port: 'plain', username: 'plain', password: 'secret' },
  parseTarget,
  adminSecretOf: (target) => target.adminSecret,
  adopt,
  initialValue: (target) => initialDocument(target, 'redis'),
  needs: { rotate: () => [], retire: () => [], network: true },
};
