import type { KindContext } from '../../../core/kind.ts';
import type { RedisTls } from '../../../net/redis/tls.ts';
import type { Endpoint } from '../../../net/redis/wire.ts';

/** One user of a deployment of Redis or Valkey, as the inventory's target says where it is. */
export interface Place {
  /** Where clients go: the secret's `host` and `port`. */
  host: string;
  port: number;
  /** Every server of the deployment. */
  nodes: readonly Endpoint[];
  /** What clients log in as. */
  user: string;
  /** The secret with Keyturn's own login at these servers. */
  adminSecret?: string | undefined;
  tls: RedisTls;
}

export type Context = KindContext<Place>;
