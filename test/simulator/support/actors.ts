import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { Credentials } from '../../../lib/simulator/types.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';

/** What every SDK client of a test is made with. */
export function clientConfig(world: SimulatedWorld, credentials: Credentials = world.rootCredentials) {
  return { endpoint: world.endpoint, region: world.region, credentials, maxAttempts: 1 };
}

export interface Statement {
  Effect?: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export function policy(...statements: Statement[]) {
  return { Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) };
}

export function trusting(service: string) {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  };
}

/** A session of a role with these statements, as Lambda would hold it. */
export async function roleSession(world: SimulatedWorld, roleName: string, ...statements: Statement[]) {
  const { arn } = await world.service<Iam>('iam').createRole({
    roleName,
    trustPolicy: trusting('lambda.amazonaws.com'),
    policies: statements.length > 0 ? { inline: policy(...statements) } : {},
  });
  return world.assume(arn, 'session', 'lambda.amazonaws.com');
}

/** A user with these statements and one key that works already. */
export async function userWithKey(world: SimulatedWorld, userName: string, ...statements: Statement[]) {
  const iam = world.service<Iam>('iam');
  await iam.createUser({ userName, policies: statements.length > 0 ? { inline: policy(...statements) } : {} });
  const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
  return { accessKeyId, secretAccessKey };
}

/** Polls until the promise of a fact is kept. @throws the last failure after `deadlineMs`. */
export async function eventually<T>(probe: () => Promise<T> | T, deadlineMs = 5_000): Promise<T> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
