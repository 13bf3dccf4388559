import type { KindId } from '../../kinds/registry.ts';
import { standIn as elasticacheUser } from './elasticache-user/index.ts';
import { standIn as httpApiKey } from './http-api-key/index.ts';
import { standIn as iamAccessKey } from './iam-access-key/index.ts';
import { standIn as keySet } from './key-set/index.ts';
import { standIn as mysql } from './mysql/index.ts';
import { standIn as postgres } from './postgres/index.ts';
import { standIn as redis } from './redis/index.ts';
import { standIn as sshKey } from './ssh-key/index.ts';
import type { StandIn } from './stand-in.ts';
import { standIn as supplied } from './supplied/index.ts';

/** One line per kind: its folder's name and what stands in for its targets. */
export const standIns: Readonly<Record<KindId, StandIn>> = {
  'elasticache-user': elasticacheUser,
  'http-api-key': httpApiKey,
  'iam-access-key': iamAccessKey,
  'key-set': keySet,
  mysql,
  postgres,
  redis,
  'ssh-key': sshKey,
  supplied,
};
