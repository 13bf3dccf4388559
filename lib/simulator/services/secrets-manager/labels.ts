import { AwsError } from '../../types.ts';
import type { Secret, Version } from './secret.ts';

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const PREVIOUS = 'AWSPREVIOUS';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_LABELS = 20;

export function holderOf(secret: Secret, label: string): Version | undefined {
  return [...secret.versions.values()].find((version) => version.labels.has(label));
}

/** @throws AwsError LimitExceededException when the secret would have too many labels. */
export function requireRoom(secret: Secret, added: readonly string[]): void {
  const labels = new Set([...secret.versions.values()].flatMap((version) => [...version.labels]).concat(added));
  if (labels.size > MAX_LABELS) {
    throw new AwsError('LimitExceededException', `A secret can't have more than ${MAX_LABELS} staging labels.`);
  }
}

/**
 * Puts a label on a version, taking it from the one that has it. AWSCURRENT leaves AWSPREVIOUS behind, where it was.
 * @returns whether anything changed.
 */
export function attach(secret: Secret, label: string, version: Version): boolean {
  if (version.labels.has(label)) return false;
  const before = holderOf(secret, label);
  if (before) detach(secret, label, before);
  version.labels.add(label);
  if (label === CURRENT && before) attach(secret, PREVIOUS, before);
  return true;
}

/** Takes a label off. A version that never had a value and has no label left has never been. */
export function detach(secret: Secret, label: string, version: Version): void {
  version.labels.delete(label);
  if (version.labels.size === 0 && version.data === undefined) secret.versions.delete(version.id);
}

export interface LabelMove {
  VersionStage: string;
  RemoveFromVersionId?: string;
  MoveToVersionId?: string;
}

/**
 * UpdateSecretVersionStage's rules: a compare-and-swap on the label's holder.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 * @returns the version that got the label, undefined when none did or it had it already.
 */
export function moveLabel(secret: Secret, move: LabelMove): Version | undefined {
  const { VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to } = move;
  const source = from === undefined ? undefined : existing(secret, from);
  const target = to === undefined ? undefined : existing(secret, to);
  const holder = holderOf(secret, label);
  if (!source && !target) {
    throw invalid('You must specify either RemoveFromVersionId or MoveToVersionId.');
  }
  if (source && source !== holder) {
    throw invalid(`The staging label ${label} isn't attached to version ${source.id}.`);
  }
  if (!target) {
    if (label === CURRENT) {
      throw invalid(
        `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
      );
    }
    if (source) detach(secret, label, source);
    return undefined;
  }
  if (holder && holder !== target && !source) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (label === CURRENT && target.data === undefined) {
    // Undocumented; taken as refused, so that nothing comes to rely on a current version that cannot be read.
    throw new AwsError('InvalidRequestException', `Version ${target.id} has no value and can't be ${CURRENT}.`);
  }
  requireRoom(secret, [label]);
  return attach(secret, label, target) ? target : undefined;
}

function existing(secret: Secret, versionId: string): Version {
  const version = secret.versions.get(versionId);
  if (!version) throw invalid(`Not a valid version: ${versionId}`);
  return version;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
