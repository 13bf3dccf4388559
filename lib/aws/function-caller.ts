import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { errorCodes, KeyturnError } from '../core/errors.ts';
import { namedError } from './named-error.ts';

/** Invokes another of Keyturn's functions and waits. Its named errors come out as they are. */
export async function callFunction(
  client: LambdaClient,
  FunctionName: string,
  payload: object,
  abortSignal: AbortSignal,
): Promise<void> {
  const answer = await client
    .send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }), { abortSignal })
    .catch((error: unknown) => {
      throw namedError(error, `Invoke ${FunctionName}`);
    });
  if (answer.FunctionError === undefined) return;
  const { errorType, errorMessage } = JSON.parse(answer.Payload?.transformToString() ?? '{}') as {
    errorType?: string;
    errorMessage?: string;
  };
  const code = errorCodes.find((known) => known === errorType) ?? 'AwsUnavailable';
  throw new KeyturnError(code, `${FunctionName}: ${errorMessage ?? errorType}`);
}
