import { randomBytes } from 'node:crypto';
import { parseInput } from '../../../core/parse.ts';
import { managedTag } from '../../../kinds/iam-access-key/facts.ts';
import { Target } from '../../../kinds/iam-access-key/schema.ts';
import type { Iam } from '../../../simulator/services/iam/iam.ts';
import type { S3 } from '../../../simulator/services/s3/s3.ts';
import type { CallRecord } from '../../../simulator/types.ts';
import { CannotStart } from '../../estates/cannot-start.ts';
import type { DeclaredSecret, StandIn } from '../stand-in.ts';
import { signIn } from './client.ts';

/** The simulated account's own IAM: a user for each secret, who may write into a bucket of its own. */
export const standIn: StandIn = {
  title: 'IAM users',
  sample: { target: { userName: 'app' } },
  missing: undefined,
  async start(secrets, { world }) {
    const iam = world.service<Iam>('iam');
    const buckets = new Map<string, string>();
    for (const secret of secrets) {
      const userName = userOf(secret);
      if (buckets.has(userName))
        throw new CannotStart(`two secrets hold keys of the IAM user ${userName}: one of them is enough`);
      const bucket = `uploads-${randomBytes(6).toString('hex')}`;
      world.service<S3>('s3').createBucket({ name: bucket });
      await iam.createUser({
        userName,
        tags: { [managedTag.key]: managedTag.value },
        policies: { uploads: mayPut(bucket) },
      });
      buckets.set(userName, bucket);
    }
    return {
      aim: ({ declaration }) => declaration,
      async credential(secret) {
        const userName = userOf(secret);
        const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
        return JSON.stringify({ userName, accessKeyId, secretAccessKey });
      },
      ask: (_, value) => signIn(world, JSON.parse(value)),
      settings: (secret) => ({ bucket: buckets.get(userOf(secret)) }),
      async work(secret, { fromMs, toMs }) {
        const user = `user/${userOf(secret)}`;
        const isOurs = ({ service, principal, resource = '' }: CallRecord) =>
          (service === 'iam' && principal.endsWith('/keyturn-rotate-iam-access-key') && resource.endsWith(user)) ||
          (service === 'sts' && principal.endsWith(user));
        const calls = world.calls.filter((call) => call.atMs >= fromMs && call.atMs <= toMs && isOurs(call));
        // Requests are signed one by one: there is no session, and whose refused login it was cannot be told.
        return { failedLogins: 0, connections: 0, requests: calls.length };
      },
      // The log of calls is the simulator's own.
      log: async () => '',
      stop: async () => undefined,
    };
  },
};

function userOf({ declaration }: DeclaredSecret): string {
  return parseInput(Target, declaration.target, 'target').userName;
}

function mayPut(bucket: string) {
  const Resource = `arn:aws:s3:::${bucket}/*`;
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource }] };
}
