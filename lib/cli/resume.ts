import { KeyturnError } from '../core/errors.ts';
import type { RolloutResult } from '../core/evidence/evidence.ts';
import { labels } from '../core/labels.ts';
import { type WayOut, wayOut } from '../core/rollout/way-out.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import { type FollowParts, follow } from './follow.ts';
import { lookAt } from './known.ts';

export interface ResumeOptions {
  dryRun?: boolean;
  json?: boolean;
  watch?: boolean;
}

type Act = Exclude<WayOut, { action: 'nothing' | 'decide' }>;

/** With which results a way out ends as it was meant to. */
const wanted: Record<Act['action'], readonly RolloutResult[]> = {
  'roll-forward': ['retired'],
  'roll-out': ['retired'],
  'go-back': ['rolled-back'],
  // Its promotion may come after all.
  'end-rotation': ['abandoned', 'retired'],
};

/** Finds the way out of a secret's hold and takes it: the next attempt of its rollout. With `dryRun`, only says which. */
export async function resume(named: string, options: ResumeOptions, parts: FollowParts): Promise<ExitCode | 130> {
  const { account, clock, terminal } = parts;
  const entry = await findEntry(named, await account.entries(), account);
  const known = await lookAt(entry, account, clock.nowMs());
  const way = wayOut(known);
  const { secret } = entry;
  const say = (event: string, more: object, text: string) => {
    if (options.json) {
      const at = new Date(clock.nowMs()).toISOString();
      terminal.out(JSON.stringify({ event, at, secret, ...way, ...more }));
    } else terminal.out(text);
  };
  if (way.action === 'decide') {
    if (!options.json) throw new KeyturnError('LabelMoved', `${secret}: ${way.why}`);
    say('decide', {}, '');
    return 1;
  }
  if (way.action === 'nothing') {
    say('nothing', {}, `${secret}: nothing to do: ${way.why}`);
    return 0;
  }
  if (options.dryRun) {
    say('would', {}, `${secret}: would ${planOf(way)} (${way.why})`);
    return 0;
  }
  const ref = { secretArn: known.state.arn, versionId: way.versionId };
  // Without `from`: refused when another version is retiring by now.
  if (way.action === 'roll-out') await account.labelRetiring(ref.secretArn, way.retire);
  const attempt = await account.ensureRollout(ref);
  say('resumed', { attempt }, `${secret}: ${planOf(way)}: attempt ${attempt} started`);
  if (!options.watch) {
    if (!options.json) terminal.out(`Follow it with: keyturn status ${secret}`);
    return 0;
  }
  const watched = { secret, ...ref, timings: entry.timings, fromAttempt: attempt };
  return follow(watched, wanted[way.action], options, parts);
}

function planOf(way: Act): string {
  switch (way.action) {
    case 'roll-forward':
      return `roll forward to version ${way.versionId} and retire ${way.retire}`;
    case 'roll-out':
      return `put ${labels.retiring} on ${way.retire}, roll out version ${way.versionId} and retire the other`;
    case 'go-back':
      return `finish going back from version ${way.versionId}`;
    case 'end-rotation':
      return `wait for the promotion of version ${way.versionId} once more, else discard it`;
  }
}
