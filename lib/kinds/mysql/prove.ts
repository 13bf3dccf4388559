import { KeyturnError } from '../../core/errors.ts';
import type { Refusal } from '../../core/kind.ts';
import type { Credential } from './credential.ts';
import { asUser, type Context, nameOf } from './doors.ts';
import { failureOf } from './failure.ts';
import { type Endpoint, endpointsOf } from './schema.ts';
import { assertActsAsItself } from './verify.ts';

/** One refused login per endpoint, each beside an accepted one at the same place. */
export async function proveRefused(
  context: Context,
  versions: { retire: Credential; keep: Credential },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const endpoint of endpointsOf(context.target)) {
    await control(context, versions.keep, endpoint);
    refusals.push(await refusal(context, versions.retire, endpoint));
  }
  return refusals;
}

/** First, so that an endpoint that refuses everybody costs no failed login and proves nothing. */
async function control(context: Context, keep: Credential, endpoint: Endpoint): Promise<void> {
  try {
    await asUser(context, keep, endpoint, (session) => assertActsAsItself(session, keep.username));
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    throw new KeyturnError(
      'NotProven',
      `the control login failed, so a refusal would prove nothing: ${cause.message}`,
      { cause },
    );
  }
}

async function refusal(context: Context, retire: Credential, endpoint: Endpoint): Promise<Refusal> {
  try {
    await asUser(context, retire, endpoint, async () => undefined);
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    if (cause.code === 'AuthenticationRefused') {
      return { endpoint: nameOf(endpoint), error: `error ${failureOf(cause)?.errno}` };
    }
    throw new KeyturnError(
      'NotProven',
      `the login failed, but not because the credential was refused: ${cause.message}`,
      { cause },
    );
  }
  throw new KeyturnError('StillAccepted', `"${retire.username}" still logs in at ${nameOf(endpoint)}`);
}
