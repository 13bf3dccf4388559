import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

/** Where to and as whom; what is left out, the environment says. */
export interface Connection {
  endpoint?: string;
  region?: string;
  profile?: string;
}

/** Four tries with the SDK's jittered backoff; an attempt that hangs is given up well inside a function's time. */
const options = { maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 } };

// One function each, so that a bundle carries only the clients that it makes.
export const secretsManagerClient = (to: Connection = {}): SecretsManagerClient =>
  new SecretsManagerClient({ ...options, ...to });
export const ssmClient = (to: Connection = {}): SSMClient => new SSMClient({ ...options, ...to });
export const stepFunctionsClient = (to: Connection = {}): SFNClient => new SFNClient({ ...options, ...to });
export const stsClient = (to: Connection = {}): STSClient => new STSClient({ ...options, ...to });
export const snsClient = (): SNSClient => new SNSClient(options);
/** Waits for another function, which may wait for a target. */
export const lambdaClient = (): LambdaClient =>
  new LambdaClient({ ...options, requestHandler: { ...options.requestHandler, requestTimeout: 120_000 } });
/** Path style where an endpoint is given: a bucket's own host name resolves only on AWS. */
export const s3Client = (to: Connection = {}): S3Client =>
  new S3Client({
    ...options,
    ...to,
    forcePathStyle: (to.endpoint ?? process.env['AWS_ENDPOINT_URL']) !== undefined,
  });
