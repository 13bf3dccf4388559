import { KeyturnError } from '../../core/errors.ts';
import type { Refusal } from '../../core/kind.ts';
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
    await control(doors, context, keep, host);
    refusals.push({ endpoint: nameOf(host), error: await refused(doors, context, retire, host) });
  }
  return refusals;
}

/** First, so that a host that refuses everybody costs no failed login and proves nothing. */
async function control(doors: Doors, context: Context, keep: Credential, host: Host): Promise<void> {
  try {
    await logIn(doors, context, keep, host);
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    throw new KeyturnError(
      'NotProven',
      `the control login failed, so a refusal would prove nothing: ${cause.message}`,
      { cause },
    );
  }
}

async function refused(doors: Doors, context: Context, retire: Credential, host: Host): Promise<string> {
  try {
    await logIn(doors, context, retire, host);
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    if (cause.code === 'AuthenticationRefused') return refusal;
    // It was let in, whatever became of the probe.
    if (cause.code !== 'WrongEffectiveIdentity') {
      throw new KeyturnError('NotProven', `the login failed, but not because the key was refused: ${cause.message}`, {
        cause,
      });
    }
  }
  throw new KeyturnError(
    'StillAccepted',
    `the old key ${retire.publicKey.fingerprint} still logs in as "${retire.username}" at ${nameOf(host)}: look for it in other files of AuthorizedKeysFile, or in an AuthorizedKeysCommand`,
  );
}
