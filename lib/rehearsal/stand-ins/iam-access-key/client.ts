import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { SimulatedWorld } from '../../../simulator/world.ts';
import type { Verdict } from '../stand-in.ts';

/** @throws Error for any answer that is neither a yes nor InvalidClientTokenId. */
export async function signIn(
  { endpoint, region }: SimulatedWorld,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Promise<Verdict> {
  const client = new STSClient({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    await client.send(new GetCallerIdentityCommand());
    return 'accepted';
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidClientTokenId') return 'refused';
    throw error;
  } finally {
    client.destroy();
  }
}
