import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';

let world: SimulatedWorld;
beforeAll(async () => {
  world = await startSimulator();
});
afterAll(() => world.close());

describe('GetCallerIdentity (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)', () => {
  it('tells root who it is', async () => {
    const sts = new STSClient({ endpoint: world.endpoint, region: world.region, credentials: world.rootCredentials });
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:root',
    });
  });

  it('refuses a key that is not known with InvalidClientTokenId', async () => {
    const credentials = { accessKeyId: 'AKIAXXXXXXXXXXXXXXXX', secretAccessKey: 'x' };
    const sts = new STSClient({ endpoint: world.endpoint, region: world.region, credentials });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  });
});
