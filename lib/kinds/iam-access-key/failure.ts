import { type ErrorCode, KeyturnError } from '../../core/errors.ts';
import { managedTag } from './facts.ts';

/** What was asked of AWS, for messages: `iam:CreateAccessKey`, `app`. */
export interface Ask {
  action: string;
  userName: string;
}

interface Meaning {
  code: ErrorCode;
  remedy: string;
}

const denied: Meaning = {
  code: 'AccessDenied',
  remedy: `tag the IAM user ${managedTag.key}=${managedTag.value}, which is its consent to being managed, or correct the inventory if there is no such user`,
};
const gone: Meaning = {
  code: 'TargetMismatch',
  remedy: 'there is no such IAM user; correct the inventory, or make it',
};
const throttled: Meaning = { code: 'TargetThrottled', remedy: 'AWS throttles; it is tried again' };
const late: Meaning = { code: 'TargetTimeout', remedy: 'AWS did not answer in time' };
const unreachable: Meaning = { code: 'TargetUnreachable', remedy: 'AWS accepts no connection' };
const unresolved: Meaning = { code: 'TargetUnresolved', remedy: "AWS's endpoint does not resolve" };
const refused: Meaning = { code: 'AuthenticationRefused', remedy: 'AWS does not accept the access key' };

/** By the SDK's error name or Node's code. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const meanings: Readonly<Record<string, Meaning>> = {
  AccessDenied: denied,
  AccessDeniedException: denied,
  NoSuchEntity: gone,
  NoSuchEntityException: gone,
  Throttling: throttled,
  ThrottlingException: throttled,
  TooManyRequestsException: throttled,
  RequestLimitExceeded: throttled,
  AbortError: late,
  TimeoutError: late,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  InvalidClientTokenId: refused,
  SignatureDoesNotMatch: refused,
};

/** The SDK's name of an error, or Node's code: the only part of it that is kept. */
export function nameOf(error: unknown): string {
  const { name, code } = error as { name?: unknown; code?: unknown };
  for (const candidate of [code, name]) {
    if (typeof candidate === 'string' && Object.hasOwn(meanings, candidate)) return candidate;
  }
  return typeof name === 'string' && /^\w+$/.test(name) ? name : 'an unknown error';
}

/** AWS's error in Keyturn's words. Not its message, nor the error itself as a cause: they carry the request. */
export function failureOf(error: unknown, { action, userName }: Ask): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const name = nameOf(error);
  const { code, remedy } = meanings[name] ?? { code: 'TargetFailed' as const, remedy: 'it is tried again' };
  return new KeyturnError(code, `${action} for the IAM user ${userName} ended with ${name}: ${remedy}`);
}
