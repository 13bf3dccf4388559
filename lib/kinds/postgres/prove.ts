import type { Refusal } from '../../core/kind.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { controlLogin, refusedLogin } from '../shared/proof.ts';
import type { Credential } from './credential.ts';
import { asUser, type Context } from './doors.ts';
import { failureOf } from './failure.ts';
import { refusalsOfPoolers } from './poolers/users.ts';
import { assertActsAsBase } from './verify.ts';

/** One refused login per endpoint and pooler, each beside an accepted one at the same place. */
export async function proveRefused(
  context: Context,
  { retire, keep }: { retire: Credential; keep: Credential },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const [at, endpoint] of endpointsOf(context.target).entries()) {
    const name = nameOf(endpoint);
    await controlLogin(() =>
      asUser(context, keep, endpoint, (session) =>
        assertActsAsBase(session, context.target.user, keep.username, at === 0 ? name : undefined),
      ),
    );
    const refused = await refusedLogin(
      () => asUser(context, retire, endpoint, async () => undefined),
      `"${retire.username}" still logs in at ${name}`,
    );
    refusals.push({ endpoint: name, error: `SQLSTATE ${failureOf(refused)?.code}` });
  }
  return [...refusals, ...(await refusalsOfPoolers(context, { retire, keep }))];
}
