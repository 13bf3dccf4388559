import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';

export type Promotion =
  | { state: 'promoted'; keep: string; retire: string }
  /** An earlier attempt went back and did not end: `retire` is the version that failed. It may lack its retiring label yet. */
  | { state: 'went-back'; keep: string; retire: string }
  | { state: 'waiting' }
  /** It will not come by itself: too late, or its pending label is gone. */
  | { state: 'expired'; reason: string };

/**
 * What the labels say of a version's promotion. Pure.
 * @throws CurrentMoved when the version is current but nothing retires
 */
export function observePromotion(
  state: SecretState,
  versionId: string,
  waitedSeconds: number,
  promotionSeconds: number,
): Promotion {
  const held = state.versions[versionId] ?? [];
  if (held.includes(labels.current)) {
    const retire = holderOf(state, labels.retiring);
    if (retire === undefined || retire === versionId) {
      throw new KeyturnError(
        'CurrentMoved',
        `${state.name}: ${versionId} is ${labels.current} but no other version is ${labels.retiring}; somebody moved labels`,
      );
    }
    return { state: 'promoted', keep: versionId, retire };
  }
  const current = holderOf(state, labels.current);
  // AWSCURRENT left it, and the retiring label has not followed: an attempt died between the two, or somebody moved
  // AWSCURRENT back by hand. Consumers may run on the version, so it is not one that never promoted.
  const halfway =
    held.includes(labels.previous) &&
    !held.includes(labels.pending) &&
    current !== undefined &&
    holderOf(state, labels.retiring) === current;
  if ((held.includes(labels.retiring) || halfway) && current !== undefined)
    return { state: 'went-back', keep: current, retire: versionId };
  if (!held.includes(labels.pending))
    return { state: 'expired', reason: `${labels.pending} was taken from ${versionId}` };
  if (waitedSeconds > promotionSeconds)
    return { state: 'expired', reason: `not promoted within ${promotionSeconds} s` };
  return { state: 'waiting' };
}
