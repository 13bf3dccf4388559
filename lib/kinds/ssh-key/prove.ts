import { KeyturnError } from '../../core/errors.ts';
import type { Refusal } from '../../core/kind.ts';
import { controlLogin, refusedLogin } from '../shared/proof.ts';
import type { Credential } from './credential.ts';
import { refusal } from './failure.ts';
import { type Context, type Doors, logIn } from './hosts.ts';
import { type Host, nameOf } from './schema.ts';

/** One refused login per host, each after an accepted one at the same place, whose host key is pinned. */
export async function proveRefused(
  doors: Doors,
  context: Context,
  { retire, keep }: { retire: Credential; keep: Credential },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const host of context.target.hosts) {
    await controlLogin(() => logIn(doors, context, keep, host));
    await refusedLogin(
      () => letIn(doors, context, retire, host),
      `the old key ${retire.publicKey.fingerprint} still logs in as "${retire.username}" at ${nameOf(host)}: look for it in other files of AuthorizedKeysFile, or in an AuthorizedKeysCommand`,
    );
    refusals.push({ endpoint: nameOf(host), error: refusal });
  }
  return refusals;
}

/** Whether it is let in, whatever becomes of the probe. */
async function letIn(doors: Doors, context: Context, credential: Credential, host: Host): Promise<void> {
  try {
    await logIn(doors, context, credential, host);
  } catch (cause) {
    if (!(cause instanceof KeyturnError) || cause.code !== 'WrongEffectiveIdentity') throw cause;
  }
}
