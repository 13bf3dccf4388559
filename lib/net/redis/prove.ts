import { KeyturnError } from '../../core/errors.ts';
import type { Refusal } from '../../core/kind.ts';
import type { Login } from './credential.ts';
import { asUser } from './doors.ts';
import { failureCodeOf } from './failure.ts';
import type { Context } from './place.ts';
import { nameOf } from './session.ts';
import type { Endpoint } from './wire.ts';

/**
 * One refused login per server, each beside an accepted one at the same place.
 * @param remark what is to stand beside a server's refusal, asked for before it
 */
export async function proveRefused(
  context: Context,
  versions: { retire: Login; keep: Login },
  remark: (endpoint: Endpoint) => Promise<string>,
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const endpoint of context.target.nodes) {
    await control(context, versions.keep, endpoint);
    const beside = await remark(endpoint);
    refusals.push({
      endpoint: nameOf(endpoint),
      error: `${await refusal(context, versions.retire, endpoint)}${beside}`,
    });
  }
  return refusals;
}

/** First, so that a server that refuses everybody costs no failed login and proves nothing. */
async function control(context: Context, keep: Login, endpoint: Endpoint): Promise<void> {
  try {
    await asUser(context, keep, endpoint, async () => undefined);
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    throw new KeyturnError(
      'NotProven',
      `the control login failed, so a refusal would prove nothing: ${cause.message}`,
      { cause },
    );
  }
}

async function refusal(context: Context, retire: Login, endpoint: Endpoint): Promise<string> {
  try {
    await asUser(context, retire, endpoint, async () => undefined);
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    if (cause.code === 'AuthenticationRefused') return failureCodeOf(cause) ?? cause.code;
    throw new KeyturnError(
      'NotProven',
      `the login failed, but not because the credential was refused: ${cause.message}`,
      { cause },
    );
  }
  throw new KeyturnError(
    'StillAccepted',
    `the old password of "${retire.username}" still logs in at ${nameOf(endpoint)}`,
  );
}
