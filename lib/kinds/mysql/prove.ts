import type { Refusal } from '../../core/kind.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { controlLogin, refusedLogin } from '../shared/proof.ts';
import type { Credential } from './credential.ts';
import { asUser, type Context } from './doors.ts';
import { failureOf } from './failure.ts';
import { assertActsAsItself } from './verify.ts';

/**
 * One refused login per endpoint, each beside an accepted one at the same place.
 * @param what in words, what is to be refused
 */
export async function proveRefused(
  context: Context,
  { retire, keep }: { retire: Credential; keep: Credential },
  what: string,
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const endpoint of endpointsOf(context.target)) {
    await controlLogin(() => asUser(context, keep, endpoint, (session) => assertActsAsItself(session, keep.username)));
    const refused = await refusedLogin(
      () => asUser(context, retire, endpoint, async () => undefined),
      `${what} still logs in at ${nameOf(endpoint)}`,
    );
    refusals.push({ endpoint: nameOf(endpoint), error: `error ${failureOf(refused)?.errno}` });
  }
  return refusals;
}
