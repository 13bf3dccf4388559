import type { SecretEntry } from '../entry.ts';
import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretState, SecretStore } from '../ports.ts';
import type { Turn } from '../rollout/turn.ts';
import { holderOf } from '../rotation/guard.ts';
import { render } from './template.ts';

/**
 * Puts every view on the turn's version. Forward: a view's version has the source version's id, so writing twice is one
 * write. Back: AWSCURRENT moves back by compare-and-swap, only where it sits on the version that is retired.
 * Both credentials work meanwhile, so one after another is safe. Idempotent.
 */
export async function writeViews(
  secretArn: string,
  views: SecretEntry['views'],
  turn: Turn,
  store: SecretStore,
): Promise<void> {
  if (views.length === 0) return;
  if (turn.direction === 'back') {
    for (const { secret } of views) await moveViewBack(secret, turn, store);
    return;
  }
  const source = await store.read(secretArn, { versionId: turn.keep });
  for (const { secret, template } of views) {
    if ((await store.put(secret, turn.keep, render(template, source), labels.current)) === 'kept') {
      throw new KeyturnError(
        'LabelMoved',
        `view ${secret} already has another value for version ${turn.keep}: its template changed; rotate again`,
      );
    }
    await ensureCurrent(await store.describe(secret), turn.keep, store);
  }
}

/** A replayed put moves no label: the version may have lost AWSCURRENT since it was written. */
async function ensureCurrent(view: SecretState, versionId: string, store: SecretStore): Promise<void> {
  const current = holderOf(view, labels.current);
  if (current === versionId) return;
  await store.moveLabel(view.arn, labels.current, { ...(current && { from: current }), to: versionId });
}

async function moveViewBack(secret: string, turn: Turn, store: SecretStore): Promise<void> {
  const view = await store.describe(secret);
  if (holderOf(view, labels.current) !== turn.retire) return;
  // A view that Keyturn wrote before has a version of the source's id; before that, what it had was AWSPREVIOUS.
  const known = turn.keep in view.versions || (await store.listVersionIds(secret)).includes(turn.keep);
  const to = known ? turn.keep : holderOf(view, labels.previous);
  if (to === undefined) throw new KeyturnError('CannotGoBack', `view ${secret} has no version to go back to`);
  await store.moveLabel(secret, labels.current, { from: turn.retire, to });
}

/** Whether every view is on the version: somebody may have put another value by hand. Pure over what was read. */
export function viewsOff(views: readonly SecretState[], versionId: string): string[] {
  return views.filter((view) => holderOf(view, labels.current) !== versionId).map(({ name }) => name);
}
