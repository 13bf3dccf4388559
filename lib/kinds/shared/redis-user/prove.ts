import type { Refusal } from '../../../core/kind.ts';
import { failureCodeOf } from '../../../net/redis/failure.ts';
import { nameOf } from '../../../net/redis/session.ts';
import type { Endpoint } from '../../../net/redis/wire.ts';
import { controlLogin, refusedLogin } from '../proof.ts';
import type { Login } from './credential.ts';
import { asUser } from './doors.ts';
import type { Context } from './place.ts';

/**
 * One refused login per server, each beside an accepted one at the same place.
 * @param remark what is to stand beside a server's refusal, asked for before it
 */
export async function proveRefused(
  context: Context,
  { retire, keep }: { retire: Login; keep: Login },
  remark: (endpoint: Endpoint) => Promise<string>,
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const endpoint of context.target.nodes) {
    await controlLogin(() => asUser(context, keep, endpoint, async () => undefined));
    const beside = await remark(endpoint);
    const refused = await refusedLogin(
      () => asUser(context, retire, endpoint, async () => undefined),
      `the old password of "${retire.username}" still logs in at ${nameOf(endpoint)}`,
    );
    refusals.push({ endpoint: nameOf(endpoint), error: `${failureCodeOf(refused) ?? refused.code}${beside}` });
  }
  return refusals;
}
