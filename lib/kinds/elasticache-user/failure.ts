import type { KeyturnError } from '../../core/errors.ts';
import { awsFailureOf, awsNameOf, type Meaning, type Meanings } from '../shared/aws-failure.ts';
import { managedTag } from './facts.ts';

const denied: Meaning = {
  code: 'AccessDenied',
  remedy: `tag the ElastiCache user ${managedTag.key}=${managedTag.value}, which is its consent to being managed, or correct the inventory if there is no such user`,
};
const gone: Meaning = {
  code: 'TargetMismatch',
  remedy: 'there is no such ElastiCache user; correct the inventory, or make it',
};
/** https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html: what a password may be. */
const improper: Meaning = {
  code: 'TargetUnfit',
  remedy:
    'ElastiCache does not take the passwords: AWSCURRENT must hold one that the user has, 16 to 128 printable characters without , " / and @',
};

/** The wire's codes (`UserNotFound`) and the SDK's classes (`UserNotFoundFault`). */
const meanings: Meanings = {
  AccessDenied: denied,
  AccessDeniedException: denied,
  UserNotFound: gone,
  UserNotFoundFault: gone,
  InvalidParameterValue: improper,
  InvalidParameterValueException: improper,
  InvalidParameterCombination: improper,
  InvalidParameterCombinationException: improper,
};

export function nameOf(error: unknown): string {
  return awsNameOf(error, meanings);
}

/** AWS's error in Keyturn's words. */
export function failureOf(error: unknown, action: string, userId: string): KeyturnError {
  return awsFailureOf(error, `${action} for the ElastiCache user ${userId}`, meanings);
}
