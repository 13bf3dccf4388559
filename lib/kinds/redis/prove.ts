import type { Refusal } from '../../core/kind.ts';
import { failureCodeOf } from '../../net/redis/failure.ts';
import { nameOf } from '../../net/redis/session.ts';
import type { Endpoint } from '../../net/redis/wire.ts';
import { controlLogin, refusedLogin } from '../shared/proof.ts';
import type { Credential } from './credential.ts';
import { asAdmin, asUser, type Context } from './doors.ts';
import { describeRefused, refusedLogins } from './refused-logins.ts';

/** One refused login per server, each beside an accepted one at the same place. */
export async function proveRefused(
  context: Context,
  { retire, keep }: { retire: Credential; keep: Credential },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const endpoint of context.target.nodes) {
    await controlLogin(() => asUser(context, keep, endpoint, async () => undefined));
    const others = await stragglers(context, endpoint);
    const refused = await refusedLogin(
      () => asUser(context, retire, endpoint, async () => undefined),
      `the old password of "${retire.username}" still logs in at ${nameOf(endpoint)}`,
    );
    refusals.push({ endpoint: nameOf(endpoint), error: `${failureCodeOf(refused) ?? refused.code}${others}` });
  }
  return refusals;
}

/** How far back refused logins are told: since the sessions ended, with time to spare. */
const lookBackMs = 60_000;

/** Clients whose sessions were just ended come back at once; one with the old password shows here. For the record. */
async function stragglers(context: Context, endpoint: Endpoint): Promise<string> {
  const sinceMs = context.clock.nowMs() - lookBackMs;
  const refused = await asAdmin(context, endpoint, (node) => refusedLogins(context, node, sinceMs));
  return refused.length === 0 ? '' : `; logins of this user refused in the last minute: ${describeRefused(refused)}`;
}
