import { expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { acceptanceOf } from '../../../lib/kinds/iam-access-key/acceptance.ts';
import type { AwsIdentity } from '../../../lib/kinds/iam-access-key/client.ts';

const own = '111122223333';
const verifyAs = (arn: string, account: string) => {
  const aws = {
    region: async () => 'eu-west-1',
    account: async () => own,
    signIn: () => async () => ({ state: 'accepted', arn, account }),
  } as unknown as AwsIdentity;
  const context = {
    target: { userName: 'app' },
    secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/aws-AbCdEf',
    admin: () => Promise.reject(new Error('there is none')),
    clock: { nowMs: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
  };
  const credential = { accessKeyId: 'AKIA', secretAccessKey: SecretValue.of('s'), userName: 'app' };
  return acceptanceOf(aws).verify(context as never, credential as never);
};

it.each([`arn:aws:iam::${own}:user/app`, `arn:aws-us-gov:iam::${own}:user/teams/billing/app`])(
  'a key that acts as %s is the user’s',
  async (arn) => {
    await expect(verifyAs(arn, own)).resolves.toBeUndefined();
  },
);

it.each([
  ['another user', `arn:aws:iam::${own}:user/application`, own],
  ['a role of that name', `arn:aws:sts::${own}:assumed-role/user/app`, own],
  ['a user of that name in another account', 'arn:aws:iam::444455556666:user/app', '444455556666'],
])('a key that acts as %s is not', async (_, arn, account) => {
  await expect(verifyAs(arn, account)).rejects.toMatchObject({ code: 'WrongEffectiveIdentity' });
});
