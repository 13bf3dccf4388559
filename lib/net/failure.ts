import { type ErrorCode, KeyturnError } from '../core/errors.ts';

/** How far a request came. */
export type Phase =
  | 'resolving the name'
  | 'connecting'
  | 'the TLS handshake'
  | 'waiting for the answer'
  | 'reading the answer';

const wording = {
  TargetUnresolved: 'does not resolve',
  TargetUnreachable: 'accepts no connection',
  TargetTlsFailed: 'could not be verified by TLS',
  TargetFailed: 'closed the connection or did not speak HTTP',
} as const satisfies Partial<Record<ErrorCode, string>>;

type FailureCode = keyof typeof wording;

const byPhase: Record<Phase, FailureCode> = {
  'resolving the name': 'TargetUnresolved',
  connecting: 'TargetUnreachable',
  'the TLS handshake': 'TargetTlsFailed',
  'waiting for the answer': 'TargetFailed',
  'reading the answer': 'TargetFailed',
};

/** A reset or an end in the handshake says nothing of the certificate. */
const broken = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

/**
 * Node's error, reduced to its code, under the name of what went wrong. The message names scheme, host and path:
 * a query may carry what is nobody's business.
 */
export function failureOf(error: unknown, phase: Phase, url: URL): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const text = (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown';
  const code = phase === 'the TLS handshake' && broken.has(text) ? 'TargetUnreachable' : byPhase[phase];
  return new KeyturnError(code, `${placeOf(url)} ${wording[code]} (${text}, while ${phase})`);
}

export function timeoutOf(phase: Phase, url: URL, timeoutMs: number): KeyturnError {
  return new KeyturnError('TargetTimeout', `${placeOf(url)} took longer than ${timeoutMs / 1000} s (${phase})`);
}

export function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
