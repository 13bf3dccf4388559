import type { Refusal } from '../../core/kind.ts';
import type { Endpoint } from '../../net/redis/wire.ts';
import type { Credential } from '../shared/redis-user/credential.ts';
import { asAdmin } from '../shared/redis-user/doors.ts';
import type { Context } from '../shared/redis-user/place.ts';
import { proveRefused as proveRefusedEverywhere } from '../shared/redis-user/prove.ts';
import { remedy } from './admin.ts';
import { describeRefused, refusedLogins } from './refused-logins.ts';

/** One refused login per server, each beside an accepted one at the same place. */
export function proveRefused(context: Context, versions: { retire: Credential; keep: Credential }): Promise<Refusal[]> {
  return proveRefusedEverywhere(context, versions, (endpoint) => stragglers(context, endpoint));
}

/** How far back refused logins are told: since the sessions ended, with time to spare. */
const lookBackMs = 60_000;

/** Clients whose sessions were just ended come back at once; one with the old password shows here. For the record. */
async function stragglers(context: Context, endpoint: Endpoint): Promise<string> {
  const sinceMs = context.clock.nowMs() - lookBackMs;
  const refused = await asAdmin(context, endpoint, remedy, (node) => refusedLogins(context, node, sinceMs));
  return refused.length === 0 ? '' : `; logins of this user refused in the last minute: ${describeRefused(refused)}`;
}
