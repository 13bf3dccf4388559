import { KeyturnError } from '../../core/errors.ts';
import type { Refusal } from '../../core/kind.ts';
import { failureCodeOf } from '../../net/redis/failure.ts';
import { nameOf } from '../../net/redis/session.ts';
import type { Endpoint } from '../../net/redis/wire.ts';
import type { Credential } from './credential.ts';
import { asAdmin, asUser, type Context } from './doors.ts';
import { describeRefused, refusedLogins } from './refused-logins.ts';

/** One refused login per server, each beside an accepted one at the same place. */
export async function proveRefused(
  context: Context,
  versions: { retire: Credential; keep: Credential },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const endpoint of context.target.nodes) {
    await control(context, versions.keep, endpoint);
    const others = await stragglers(context, endpoint);
    refusals.push({
      endpoint: nameOf(endpoint),
      error: `${await refusal(context, versions.retire, endpoint)}${others}`,
    });
  }
  return refusals;
}

/** First, so that a server that refuses everybody costs no failed login and proves nothing. */
async function control(context: Context, keep: Credential, endpoint: Endpoint): Promise<void> {
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

async function refusal(context: Context, retire: Credential, endpoint: Endpoint): Promise<string> {
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

/** How far back refused logins are told: since the sessions ended, with time to spare. */
const lookBackMs = 60_000;

/** Clients whose sessions were just ended come back at once; one with the old password shows here. For the record. */
async function stragglers(context: Context, endpoint: Endpoint): Promise<string> {
  const sinceMs = context.clock.nowMs() - lookBackMs;
  const refused = await asAdmin(context, endpoint, (node) => refusedLogins(context, node, sinceMs));
  return refused.length === 0 ? '' : `; logins of this user refused in the last minute: ${describeRefused(refused)}`;
}
