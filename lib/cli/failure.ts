import { CommanderError } from 'commander';
import { KeyturnError } from '../core/errors.ts';
import { oneLine } from './terminal.ts';

/** 0: fine. 1: what was asked for failed or is refused. 2: wrong usage, configuration or permission. */
export type ExitCode = 0 | 1 | 2;

export interface Failure {
  /** Undefined: it has been said already. */
  line: string | undefined;
  /** What led to it, outermost first, without values: names and codes. */
  causes: string[];
  exitCode: ExitCode;
}

/** Names of the SDK's errors that a new try cannot heal: credentials, Region, endpoint. */
const misconfigured: Readonly<Record<string, string>> = {
  NoRegion: 'no AWS Region is set, or it is none; set AWS_REGION or --region',
  CredentialsProviderError: 'no AWS credentials were found; set AWS_PROFILE or --profile, or log in',
  TokenProviderError: 'the AWS log-in has ended; log in again',
  ExpiredTokenException: 'the AWS credentials have expired; log in again',
  ExpiredToken: 'the AWS credentials have expired; log in again',
  UnrecognizedClientException: 'AWS does not know these credentials; look at --profile and --region',
  InvalidClientTokenId: 'AWS does not know these credentials; look at --profile and --region',
  InvalidAccessKeyId: 'AWS does not know these credentials; look at --profile and --region',
  SignatureDoesNotMatch: 'AWS does not accept the signature; look at the secret access key and the clock',
  InvalidSignatureException: 'AWS does not accept the signature; look at the secret access key and the clock',
  ERR_INVALID_URL: 'the endpoint is no URL; look at --endpoint-url',
  ECONNREFUSED: 'nothing answers at the endpoint; look at --endpoint-url',
  ENOTFOUND: 'the endpoint does not resolve; look at --endpoint-url and --region',
};

/** What to say of an error, and with which exit code. Never a stack trace. Pure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    // Commander has written the help, the version or what is wrong with the usage.
    const isFine = error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
    return { line: undefined, causes: [], exitCode: isFine ? 0 : 2 };
  }
  const causes = causesOf(error);
  if (!(error instanceof KeyturnError)) {
    const name = error instanceof Error ? error.name : typeof error;
    return { line: `unexpected ${name}: ${oneLine(messageOf(error))}`, causes, exitCode: 1 };
  }
  if (error.code === 'AwsUnavailable') {
    // The SDK has no name of its own for a Region that is missing or malformed.
    const names = /: Region (is missing|not accepted)/.test(error.message) ? ['NoRegion'] : causes;
    const known = names.find((name) => name in misconfigured);
    if (known !== undefined) return { line: misconfigured[known], causes: [oneLine(error.message)], exitCode: 2 };
  }
  const isOurs = error.code === 'AccessDenied' || error.code === 'InvalidInput';
  return { line: oneLine(error.message), causes, exitCode: isOurs ? 2 : 1 };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Names and codes only: a message can quote what a request held. */
function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let cause: unknown = error instanceof Error ? error.cause : undefined;
  while (typeof cause === 'object' && cause !== null && causes.length < 5) {
    const { name, code, cause: next } = cause as { name?: unknown; code?: unknown; cause?: unknown };
    causes.push(oneLine(String(code ?? name ?? 'unknown')));
    cause = next;
  }
  return causes;
}
