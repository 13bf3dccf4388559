import { KeyturnError } from '../../../lib/core/errors.ts';
import type { House } from '../../support/house.ts';

export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** A rotation that Secrets Manager has begun and given up: its version is AWSPENDING and has no value. The test runs the steps. */
export async function begun(house: House, token?: string): Promise<string> {
  const { beforeInvoke } = house;
  house.beforeInvoke = (name) => {
    if (name === 'rotate') throw new KeyturnError('AwsUnavailable', 'the test runs the steps');
  };
  const versionId = await house.start(token);
  while (house.isRotating()) await new Promise((resolve) => setTimeout(resolve, 1));
  house.beforeInvoke = beforeInvoke;
  return versionId;
}

export const codeOf = (failing: Promise<unknown>): Promise<string> =>
  failing.then(
    () => 'no error',
    (error: unknown) => (error instanceof KeyturnError ? error.code : String(error)),
  );
