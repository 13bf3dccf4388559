import { randomUUID } from 'node:crypto';
import { KeyturnError } from '../../lib/core/errors.ts';
import type { House } from './house.ts';

/** A version that Secrets Manager made for a rotation: AWSPENDING, and no value yet. */
export async function beginRotation(house: House): Promise<string> {
  const token = randomUUID();
  const invoke = house.beforeInvoke;
  house.beforeInvoke = () => {
    throw new KeyturnError('AwsUnavailable', 'not now');
  };
  const rules = {
    RotationLambdaARN: 'arn:aws:lambda:us-east-1:123456789012:function:rotate',
    RotationRules: { AutomaticallyAfterDays: 30 },
  };
  const root = house.world.identities.rootPrincipal;
  await house.world.perform(root, 'secretsmanager', 'RotateSecret', {
    SecretId: house.secretArn,
    ClientRequestToken: token,
    ...rules,
  });
  // Every try of Secrets Manager's own has failed; from here on the test plays Secrets Manager.
  const deadlineMs = Date.now() + 5_000;
  while (house.isRotating()) {
    if (Date.now() > deadlineMs) throw new Error('Secrets Manager did not give up');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  house.beforeInvoke = invoke;
  return token;
}
