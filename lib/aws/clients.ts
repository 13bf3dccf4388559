import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { type Connection, clientOptions as options } from './connection.ts';

// One function each, so that a bundle carries only the clients that it makes. Those of Lambda, S3 and SNS stand in files of
// their own: the functions load them on demand.
export const secretsManagerClient = (to: Connection = {}): SecretsManagerClient =>
  new SecretsManagerClient({ ...options, ...to });
export const ssmClient = (to: Connection = {}): SSMClient => new SSMClient({ ...options, ...to });
export const stepFunctionsClient = (to: Connection = {}): SFNClient => new SFNClient({ ...options, ...to });
export const stsClient = (to: Connection = {}): STSClient => new STSClient({ ...options, ...to });
