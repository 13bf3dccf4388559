import type { KeyturnError } from '../../core/errors.ts';
import { awsFailureOf, awsNameOf, type Meaning, type Meanings } from '../shared/aws-failure.ts';
import { managedTag } from './facts.ts';

/** What was asked of AWS, for messages: `iam:CreateAccessKey`, `app`. */
export interface Ask {
  action: string;
  userName: string;
}

const denied: Meaning = {
  code: 'AccessDenied',
  remedy: `tag the IAM user ${managedTag.key}=${managedTag.value}, which is its consent to being managed, or correct the inventory if there is no such user`,
};
const gone: Meaning = {
  code: 'TargetMismatch',
  remedy: 'there is no such IAM user; correct the inventory, or make it',
};
const refused: Meaning = { code: 'AuthenticationRefused', remedy: 'AWS does not accept the access key' };

const meanings: Meanings = {
  AccessDenied: denied,
  AccessDeniedException: denied,
  NoSuchEntity: gone,
  NoSuchEntityException: gone,
  InvalidClientTokenId: refused,
  SignatureDoesNotMatch: refused,
};

/** The SDK's name of an error, or Node's code. */
export function nameOf(error: unknown): string {
  return awsNameOf(error, meanings);
}

/** AWS's error in Keyturn's words. */
export function failureOf(error: unknown, { action, userName }: Ask): KeyturnError {
  return awsFailureOf(error, `${action} for the IAM user ${userName}`, meanings);
}
