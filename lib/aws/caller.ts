import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { namedError } from './named-error.ts';

/** The ARN of whoever's credentials are used. It needs no permission. */
export async function callerArn(client: STSClient, abortSignal: AbortSignal): Promise<string> {
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
    return Arn ?? 'unknown';
  } catch (error) {
    throw namedError(error, 'GetCallerIdentity');
  }
}
