import { type ErrorCode, KeyturnError } from '../../core/errors.ts';

/** What an error of AWS's means, and what mends it. */
export interface Meaning {
  code: ErrorCode;
  remedy: string;
}

/** By the SDK's error name or Node's code. */
export type Meanings = Readonly<Record<string, Meaning>>;

const throttled: Meaning = { code: 'TargetThrottled', remedy: 'AWS throttles; it is tried again' };
const late: Meaning = { code: 'TargetTimeout', remedy: 'AWS did not answer in time' };
const unreachable: Meaning = { code: 'TargetUnreachable', remedy: 'AWS accepts no connection' };
const unresolved: Meaning = { code: 'TargetUnresolved', remedy: "AWS's endpoint does not resolve" };

/** What means the same in every service. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const common: Meanings = {
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
};

function meaningOf(name: string, own: Meanings): Meaning | undefined {
  return [own, common].find((meanings) => Object.hasOwn(meanings, name))?.[name];
}

/** The SDK's name of an error, or Node's code: the only part of it that is kept. */
export function awsNameOf(error: unknown, own: Meanings = {}): string {
  const { name, code } = error as { name?: unknown; code?: unknown };
  for (const candidate of [code, name]) {
    if (typeof candidate === 'string' && meaningOf(candidate, own) !== undefined) return candidate;
  }
  return typeof name === 'string' && /^\w+$/.test(name) ? name : 'an unknown error';
}

/**
 * AWS's error in Keyturn's words. Not its message, nor the error itself as a cause: they carry the request.
 * @param ask what was asked of AWS: `iam:CreateAccessKey for the IAM user app`
 */
export function awsFailureOf(error: unknown, ask: string, own: Meanings): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const name = awsNameOf(error, own);
  const { code, remedy } = meaningOf(name, own) ?? { code: 'TargetFailed' as const, remedy: 'it is tried again' };
  return new KeyturnError(code, `${ask} ended with ${name}: ${remedy}`);
}
