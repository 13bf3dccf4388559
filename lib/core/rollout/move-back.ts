import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import type { Turn } from './turn.ts';

/**
 * Takes AWSCURRENT back to the predecessor. Idempotent from any prefix.
 *
 * AWSPENDING is stripped first: a replayed createSecret of the failed token is then rejected, whatever else is done yet,
 * and the next rotation is not blocked. The retiring label follows last; in between no other rotation can start,
 * because a version is retiring all the time.
 * @throws CurrentMoved when AWSCURRENT is on a third version
 */
export async function moveBack(
  secretArn: string,
  failed: Pick<Turn, 'keep' | 'retire'>,
  store: SecretStore,
): Promise<void> {
  const { keep: bad, retire: good } = failed;
  const state = await store.describe(secretArn);
  const pending = holderOf(state, labels.pending);
  if (pending === bad) await store.moveLabel(secretArn, labels.pending, { from: bad });
  const current = holderOf(state, labels.current);
  if (current === bad) await store.moveLabel(secretArn, labels.current, { from: bad, to: good });
  else if (current !== good) {
    throw new KeyturnError(
      'CurrentMoved',
      `${state.name}: ${labels.current} is on ${current ?? 'no version'}, neither on ${bad} nor on ${good}; nothing was moved`,
    );
  }
  if (holderOf(state, labels.retiring) !== bad)
    await store.moveLabel(secretArn, labels.retiring, { from: good, to: bad });
}
