import { KeyturnError } from '../core/errors.ts';
import { oneLine } from './terminal.ts';

const LONGEST_REASON = 1000;

/** Why an operator does it, for the record. @throws InvalidInput */
export function parseReason(text: string): string {
  const reason = oneLine(text);
  if (reason === '') throw new KeyturnError('InvalidInput', '--reason is empty; say why, for the record');
  if (reason.length > LONGEST_REASON)
    throw new KeyturnError('InvalidInput', `--reason is longer than ${LONGEST_REASON} characters`);
  return reason;
}
