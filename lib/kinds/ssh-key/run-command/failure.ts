import { type ErrorCode, KeyturnError } from '../../../core/errors.ts';
import { awsFailureOf, awsNameOf, type Meaning, type Meanings } from '../../shared/aws-failure.ts';
import { consentTag } from '../facts.ts';
import { exits } from '../scripts/shell.ts';
import type { Standing } from './client.ts';

const denied: Meaning = {
  code: 'AccessDenied',
  remedy: `tag the instance ${consentTag.key}=${consentTag.value}, which is its consent to being managed, or correct the inventory if there is no such instance`,
};
const away: Meaning = {
  code: 'TargetUnreachable',
  remedy:
    'one of them does not run, or its SSM Agent does not: look at it with aws ssm describe-instance-information, and start it or correct the inventory',
};
const unfit: Meaning = { code: 'TargetUnfit', remedy: 'it must run Linux, with a user and a shell of its own' };
const late: Meaning = { code: 'TargetTimeout', remedy: 'AWS did not answer in time' };

/** By the SDK's error name or Node's code. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
const meanings: Meanings = {
  AccessDenied: denied,
  AccessDeniedException: denied,
  InvalidInstanceId: away,
  UnsupportedPlatformType: unfit,
  InvocationDoesNotExist: late,
};

/** The SDK's name of an error, or Node's code: the only part of it that is kept. */
export function nameOf(error: unknown): string {
  return awsNameOf(error, meanings);
}

/** AWS's error in Keyturn's words. */
export function failureOf(error: unknown, action: string, instanceIds: readonly string[]): KeyturnError {
  return awsFailureOf(error, `${action} for ${instanceIds.join(', ')}`, meanings);
}

const byExit: Readonly<Record<number, ErrorCode>> = {
  [exits.noUser]: 'TargetUnfit',
  [exits.unfit]: 'TargetUnfit',
  [exits.keepMissing]: 'TargetUnfit',
  [exits.late]: 'TargetTimeout',
  [exits.busy]: 'TargetBusy',
};

/** A run that has ended without success. What the host says is not secret: names of files, and that one is missing. Pure. */
export function failureOfRun(place: string, { status, details, exitCode, stdout, stderr }: Standing): KeyturnError {
  const said = [stdout, stderr].map((text) => text.trim()).find((text) => text !== '') ?? '';
  const line = [...said.slice(0, 200)].map((letter) => (letter < ' ' ? ' ' : letter)).join('');
  if (status === 'Failed')
    return new KeyturnError(
      byExit[exitCode] ?? 'TargetFailed',
      `${place}: ${line || 'the script failed'} (exit ${exitCode})`,
    );
  if (details === 'Undeliverable')
    return new KeyturnError('TargetUnreachable', `${place}: its SSM Agent cannot be reached (${details})`);
  return new KeyturnError(
    'TargetTimeout',
    `${place}: its SSM Agent did not run the script in time (${details || status})`,
  );
}
