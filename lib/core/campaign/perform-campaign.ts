import type { Clock } from '../clock.ts';
import type { SecretEntry } from '../entry.ts';
import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretState, SecretStore } from '../ports.ts';
import { consumersHealthy, type Phase } from '../rollout/phase.ts';
import { openRollout } from '../rotation/guard.ts';
import { waitingVersion } from '../rotation/supplied-label.ts';
import { groupsOf, wholeGroups } from './groups.ts';
import type { CampaignRequest, Outcome } from './requests.ts';
import { campaignToken } from './token.ts';
import { formatWaiting, waitingSince, waitingTag } from './waiting.ts';

/** What is known of a version's rollout from outside. */
export interface RolloutView {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  phase: Phase | undefined;
}

export interface CampaignParts {
  store: SecretStore;
  clock: Clock;
  /** Every entry of the inventory. */
  entries(): Promise<SecretEntry[]>;
  entryOf(secretName: string): Promise<SecretEntry>;
  /** RotateSecret with a token. */
  rotate(secretName: string, token: string): Promise<void>;
  /** Where a human makes the values of such a secret; undefined where Keyturn or a provider's API does. */
  suppliedAt(entry: SecretEntry): string | undefined;
  /** Tells the operators. */
  notify(subject: string, message: object): Promise<void>;
  /** The newest attempt's rollout; undefined before it started. */
  rolloutOf(ref: { secretArn: string; versionId: string }): Promise<RolloutView | undefined>;
}

type Ops = {
  [Op in CampaignRequest['op']]: (
    request: Extract<CampaignRequest, { op: Op }>,
    parts: CampaignParts,
  ) => Promise<object>;
};

/** How the reason of a rotation begins that the campaign left out. */
const notStarted = 'not started';

const ops: Ops = {
  async plan({ policy, scheduledTime }, { entries }) {
    const own = (await entries()).filter((entry) => entry.policy === policy);
    const items = groupsOf(own).flatMap((secrets, group) =>
      secrets.map((secret) => ({ secret, token: campaignToken(policy, scheduledTime, secret), group })),
    );
    const toleratedFailures = Math.max(0, ...own.map((entry) => entry.toleratedFailures ?? 0));
    return { rest: items, outcomes: [], toleratedFailures };
  },

  async next({ rest, outcomes, ended, toleratedFailures, batchSize }, { clock }) {
    const all = [...outcomes, ...ended];
    const failures = count(all, 'failed');
    if (failures > toleratedFailures) {
      const reason = `${notStarted}: ${failures} of the campaign failed, and ${toleratedFailures} are tolerated`;
      const left: Outcome[] = rest.map(({ secret }) => ({ secret, outcome: 'skipped', reason }));
      return { state: 'over', batch: [], rest: [], outcomes: [...all, ...left], startedAtMs: clock.nowMs() };
    }
    const batch = wholeGroups(rest, batchSize);
    const state = batch.length === 0 ? 'over' : 'going';
    return { state, batch, rest: rest.slice(batch.length), outcomes: all, startedAtMs: clock.nowMs() };
  },

  async start({ secret, token }, parts) {
    const { store, rotate } = parts;
    const state = await store.describe(secret);
    // A token that any version ever had is never sent again: the schedule was delivered twice.
    if (token in state.versions || (await store.listVersionIds(secret)).includes(token))
      return { state: 'started', reason: 'was started before' };
    if (openRollout(state) !== 'none') return skipped('its last rollout is still open');
    if (pendingElsewhere(state)) return skipped('a rotation is in progress');
    const reason = await waitsForValue(state, parts);
    if (reason !== undefined) return { state: 'waiting', reason };
    await rotate(secret, token);
    return { state: 'started', reason: 'started' };
  },

  async look({ secret, token, startedAtMs }, { store, clock, entryOf, rolloutOf }) {
    const { timings } = await entryOf(secret);
    const state = await store.describe(secret);
    const waitedSeconds = (clock.nowMs() - startedAtMs) / 1000;
    const late = waitedSeconds > timings.promotionSeconds + timings.rotationSeconds;
    return {
      ...judge(state, token, late, await rolloutOf({ secretArn: state.arn, versionId: token })),
      pollSeconds: timings.pollSeconds,
    };
  },

  async report({ policy, outcomes }, { notify }) {
    const waiting = outcomes.filter(({ outcome }) => outcome === 'waiting');
    if (waiting.length > 0) {
      const secrets = waiting.map(({ secret, reason }) => ({ secret, reason }));
      await notify(`Keyturn: ${waiting.length} of policy ${policy} wait for a value`, { schema: 1, policy, secrets });
    }
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
    if (failed.length > 0) {
      const names = failed.map(({ secret, reason }) => `${secret} (${reason})`).join('; ');
      const left = outcomes.filter(({ reason }) => reason.startsWith(notStarted)).length;
      throw new KeyturnError(
        'CampaignFailed',
        `policy ${policy}: ${failed.length} of ${outcomes.length} rotations failed, ${left} were not started: ${names}`,
      );
    }
    return { turned: count(outcomes, 'turned'), skipped: count(outcomes, 'skipped'), waiting: waiting.length };
  },
};

/** Why a secret cannot be rotated yet: a human must bring its value, and has not. The first campaign that waits notes since when. */
async function waitsForValue(
  state: SecretState,
  { store, clock, entryOf, suppliedAt }: CampaignParts,
): Promise<string | undefined> {
  const where = suppliedAt(await entryOf(state.name));
  if (where === undefined || waitingVersion(state) !== undefined) return undefined;
  const noted = waitingSince(state);
  if (noted === undefined) await store.tag(state.arn, waitingTag, formatWaiting(state, clock.nowMs()));
  const since = noted ?? new Date(clock.nowMs()).toISOString();
  return `waiting for a value since ${since}: make one at ${where}, then run keyturn supply ${state.name}`;
}

function skipped(reason: string): { state: string; reason: string } {
  return { state: 'skipped', reason };
}

function count(outcomes: readonly Outcome[], which: Outcome['outcome']): number {
  return outcomes.filter(({ outcome }) => outcome === which).length;
}

function pendingElsewhere(state: SecretState): boolean {
  return Object.values(state.versions).some((held) => held.includes(labels.pending) && !held.includes(labels.current));
}

/** A campaign's slot is free when the secret's consumers are healthy, not only after its soak. Pure. */
export function judge(
  state: SecretState,
  token: string,
  late: boolean,
  rollout: RolloutView | undefined,
): { state: string; reason: string } {
  const held = state.versions[token] ?? [];
  if (held.includes(labels.current)) {
    if (rollout?.status === 'SUCCEEDED') return { state: 'turned', reason: 'the old credential is retired' };
    if (rollout?.status === 'FAILED') return { state: 'failed', reason: 'the rollout is held' };
    return consumersHealthy(rollout?.phase)
      ? { state: 'turned', reason: 'its consumers are healthy' }
      : { state: 'turning', reason: rollout?.phase ?? 'promoted' };
  }
  // RotateSecret is asynchronous: the version may not be there yet.
  if (held.includes(labels.pending) || (held.length === 0 && rollout === undefined)) {
    return late
      ? { state: 'failed', reason: 'the rotation did not promote; see the rotation function’s log' }
      : { state: 'turning', reason: 'rotating' };
  }
  return { state: 'failed', reason: 'it went back, or its rotation was abandoned' };
}

/** Does one thing that the campaign machine asks for. Every op is idempotent. */
export async function performCampaign(request: CampaignRequest, parts: CampaignParts): Promise<object> {
  const op = ops[request.op] as (request: CampaignRequest, parts: CampaignParts) => Promise<object>;
  return await op(request, parts);
}
