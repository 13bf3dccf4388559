import { createHash } from 'node:crypto';

/**
 * A rollout execution's name: a hash of the secret and version, and the attempt. At most 80 characters of
 * `[0-9A-Za-z-_]`; names can be used again after 90 days (Step Functions' StartExecution), versions never are.
 */
export function executionName(secretArn: string, versionId: string, attempt: number): string {
  return `${createHash('sha256').update(`${secretArn}\n${versionId}`).digest('hex').slice(0, 40)}-${attempt}`;
}

/** What makes an attempt go back from a version that is promoted, because an operator asked for it. */
export interface WayBack {
  direction: 'back';
  /** Waited before anything moves: longer than what a stopped attempt left running can run. */
  settleSeconds: number;
}

/** What a rollout starts with. Byte-stable, so that a repeated start is the same start. */
export function executionInput(secretArn: string, versionId: string, attempt: number, wayBack?: WayBack): string {
  return JSON.stringify({ secretArn, versionId, attempt, ...wayBack });
}
