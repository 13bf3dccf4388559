import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '../../../lib/core/clock.ts';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { iamAccessKey } from '../../../lib/kinds/iam-access-key/facts.ts';
import { createKind } from '../../../lib/kinds/iam-access-key/index.ts';
import type { Credential, Target } from '../../../lib/kinds/iam-access-key/schema.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { KindEstate, KindHarness } from '../../support/describe-kind.ts';
import { policyOf } from '../../support/policy.ts';

/** What a secret of this kind holds. */
export interface KeyJson {
  userName: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app/aws-AbCdEf';

/** Time that passes by itself and, at once, by sleeping. One for the kind and for AWS. */
class JumpingClock implements Clock {
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#aheadMs += ms;
  }

  /** Back to the machine's time: signatures carry it, and are good for five minutes only. */
  reset(): void {
    this.#aheadMs = 0;
  }
}

export interface User {
  target: Target;
  value: SecretValue;
  key: KeyJson;
  context: KindContext<Target>;
}

/**
 * The simulator's IAM and STS, reached over the wire as a principal that has exactly the statements that the kind's
 * facts ask for. Sets the AWS_* variables of this process, as Lambda does.
 */
export async function startSimulatedIam() {
  const clock = new JumpingClock();
  const propagationMs = 4_000;
  const world = await startSimulator({ clock, iamPropagationMs: propagationMs });
  const iam = world.service<Iam>('iam');
  const place = { partition: 'aws', region: world.region, account: world.accountId };
  const functions = { rotate: iamAccessKey.needs.rotate(place), retire: iamAccessKey.needs.retire(place), none: [] };
  type Function = keyof typeof functions | 'both';
  const keysOf: Partial<Record<Function, KeyJson>> = {};
  for (const name of ['rotate', 'retire', 'none', 'both'] as const) {
    const statements = name === 'both' ? [...functions.rotate, ...functions.retire] : functions[name];
    await iam.createUser({ userName: `keyturn-${name}`, policies: { needs: policyOf(statements) } });
    keysOf[name] = createKey(`keyturn-${name}`);
  }
  let users = 0;

  function createKey(userName: string): KeyJson {
    const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
    return { userName, accessKeyId, secretAccessKey };
  }

  const simulated = {
    world,
    iam,
    clock,
    propagationMs,
    createKey,

    /** The kind, running with the permissions of one of its two functions, of both, or of none. */
    kindAs(name: Function) {
      process.env['AWS_ENDPOINT_URL'] = world.endpoint;
      process.env['AWS_REGION'] = world.region;
      process.env['AWS_ACCESS_KEY_ID'] = keysOf[name]?.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = keysOf[name]?.secretAccessKey;
      return createKind();
    },

    /** A user with one key that works. */
    async user(options: { tagged?: boolean; path?: string; regions?: string[] } = {}): Promise<User> {
      clock.reset();
      users += 1;
      const userName = `app-${users}`;
      await iam.createUser({
        userName,
        ...(options.path !== undefined && { path: options.path }),
        tags: options.tagged === false ? {} : { 'keyturn:managed': 'true' },
      });
      const key = createKey(userName);
      const target = { userName, ...(options.regions && { regions: options.regions }) };
      return {
        target,
        key,
        value: SecretValue.of(JSON.stringify(key)),
        context: { target, secretArn, admin: noAdmin, clock, signal: new AbortController().signal },
      };
    },

    /** Signs a call with the key, as any consumer of it does. */
    async logIn(value: SecretValue): Promise<'accepted' | 'refused'> {
      // Whatever was changed has reached STS by then.
      await clock.sleep(propagationMs);
      const sts = new STSClient({
        endpoint: world.endpoint,
        region: world.region,
        credentials: jsonOf(value),
        maxAttempts: 1,
      });
      try {
        await sts.send(new GetCallerIdentityCommand({}));
        return 'accepted';
      } catch (error) {
        if (['InvalidClientTokenId', 'SignatureDoesNotMatch'].includes((error as Error).name)) return 'refused';
        throw error;
      } finally {
        sts.destroy();
      }
    },
  };
  return simulated;
}

export type SimulatedIam = Awaited<ReturnType<typeof startSimulatedIam>>;

export function jsonOf(value: SecretValue): KeyJson {
  return JSON.parse(value.reveal());
}

async function noAdmin(): Promise<SecretValue> {
  throw new Error('this kind has no admin secret');
}

/** One user's estate, its secret holding the user's first key or what else is given. */
export function estateOf(simulated: SimulatedIam, user: User, current = user.value): KindEstate<Target> {
  const { clock, propagationMs, logIn } = simulated;
  return {
    target: user.target,
    current,
    absentIdentity: 'AKIAXXXXXXXXXXXXXXXX',
    mismatches: { user: SecretValue.of(JSON.stringify({ ...jsonOf(user.value), userName: 'somebody-else' })) },
    otherSecrets: [],
    context: (signal) => ({ ...user.context, ...(signal && { signal }) }),
    logIn,
    async use(used) {
      await logIn(used);
      // GetAccessKeyLastUsed shows it later.
      await clock.sleep(propagationMs);
      return { end: async () => {} };
    },
    spoil: (good) => SecretValue.of(JSON.stringify({ ...jsonOf(good), secretAccessKey: 'not-the-secret-of-this-key' })),
  };
}

export async function startHarness(): Promise<KindHarness<Target, Credential>> {
  const simulated = await startSimulatedIam();
  return {
    kind: simulated.kindAs('both'),
    stop: () => simulated.world.close(),
    estate: async () => estateOf(simulated, await simulated.user()),
  };
}
