import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientOptions } from './connection.ts';

/** Waits for another function, which may wait for a target. */
export function lambdaClient(): LambdaClient {
  const { requestHandler } = clientOptions;
  return new LambdaClient({ ...clientOptions, requestHandler: { ...requestHandler, requestTimeout: 120_000 } });
}
