import type { Clock } from '../clock.ts';
import { emergencyOf, isEmergencyToken } from '../emergency.ts';
import type { SecretEntry } from '../entry.ts';
import { KeyturnError } from '../errors.ts';
import { type Evidence, evidenceOf, type RolloutState } from '../evidence/evidence.ts';
import { labels } from '../labels.ts';
import type { SecretStore } from '../ports.ts';
import { holderOf } from '../rotation/guard.ts';
import { readIfAny } from '../rotation/recorded-identities.ts';
import { secretNameOf } from '../secret-arn.ts';
import { viewsOff, writeViews } from '../views/write-views.ts';
import { closeTurn, stripPending, stripRetiring } from './abandon.ts';
import { companionsOf } from './companions.ts';
import { inventoryGate, labelsGate } from './gate.ts';
import { moveBack } from './move-back.ts';
import { type FunctionDirectory, makePlan, type Revocation } from './plan.ts';
import { observePromotion } from './promotion.ts';
import { type Reminder, remind } from './remind.ts';
import { meet } from './rendezvous.ts';
import type { RolloutRequest } from './requests.ts';

/** What the rollout function works with. */
export interface RolloutParts {
  store: SecretStore;
  clock: Clock;
  /** @throws InventoryUnreadable */
  entryOf(secretName: string): Promise<SecretEntry>;
  /** SHA-256 of an entry as it stands in the inventory. */
  hashOf(entry: SecretEntry): string;
  functions: FunctionDirectory;
  /** What becomes of a credential at an entry's target. */
  revocationOf(entry: SecretEntry): Revocation;
  /** Writes the record once per version, attempt and result. Idempotent. */
  record(evidence: Evidence): Promise<void>;
  /** Tells the operators. */
  notify(subject: string, message: Evidence | Reminder): Promise<void>;
}

type Ops = {
  [Op in RolloutRequest['op']]: (request: Extract<RolloutRequest, { op: Op }>, parts: RolloutParts) => Promise<object>;
};

const ops: Ops = {
  async observe({ secretArn, versionId, startedAt }, { store, clock, entryOf, functions }) {
    const entry = await entryOf(secretNameOf(secretArn));
    const waitedSeconds = (clock.nowMs() - Date.parse(startedAt)) / 1000;
    const { pollSeconds, promotionSeconds, rotationSeconds } = entry.timings;
    const state = await store.describe(secretArn);
    // A rotation in the way of an emergency's: what it has begun may end, but its retries are not waited for.
    const isInTheWay = emergencyOf(state, versionId) !== undefined && !isEmergencyToken(versionId);
    const patience = isInTheWay ? Math.min(promotionSeconds, rotationSeconds) : promotionSeconds;
    const promotion = observePromotion(state, versionId, waitedSeconds, patience);
    // Completes the move of an attempt that died in it; otherwise nothing is left to move.
    if (promotion.state === 'went-back')
      await moveBack(secretArn, { keep: promotion.retire, retire: promotion.keep }, store);
    return { ...promotion, pollSeconds, rotationSeconds, retireFunctionArn: functions[`retire:${entry.kind}`] };
  },

  async plan({ secretArn, versionId }, { store, entryOf, hashOf, revocationOf, functions }) {
    const entry = await entryOf(secretNameOf(secretArn));
    const emergency = emergencyOf(await store.describe(secretArn), versionId);
    return makePlan(entry, hashOf(entry), revocationOf(entry), functions, emergency);
  },

  async 'write-views'({ secretArn, turn }, { store, clock, entryOf }) {
    const entry = await entryOf(secretNameOf(secretArn));
    await writeViews(secretArn, entry.views, turn, store);
    return { promotedAtMs: clock.nowMs() + entry.timings.skewSeconds * 1000 };
  },

  async meet({ secretArn, turn, consumer, promotedAtMs, waitingFor }, { store, clock, entryOf }) {
    const secret = secretNameOf(secretArn);
    const { timings } = await entryOf(secret);
    const isForward = turn.direction === 'forward';
    const versionId = isForward ? turn.keep : turn.retire;
    // On the way back nobody is waited for.
    const companions = isForward
      ? await companionsOf(consumer.sharedWith, { versionId, waitingFor }, { store, entryOf })
      : [];
    const meeting = meet({
      secret,
      versionId,
      companions,
      waitedSeconds: isForward ? (clock.nowMs() - promotedAtMs) / 1000 : Number.POSITIVE_INFINITY,
      coalesceSeconds: timings.coalesceSeconds,
      nowMs: clock.nowMs(),
      skewSeconds: timings.skewSeconds,
    });
    return { promotedAtMs, settleSeconds: 2 * timings.skewSeconds, waitingFor: null, ...meeting };
  },

  async converged() {
    return {};
  },

  async 'check-plan'({ secretArn, turn, entryHash }, { store, entryOf, hashOf }) {
    const state = await store.describe(secretArn);
    const moved = labelsGate(state, turn);
    if (moved.state !== 'open')
      throw new KeyturnError('CurrentMoved', `${state.name}: ${moved.reason}; nothing was revoked`);
    const entry = await entryOf(state.name);
    const changed = inventoryGate(hashOf(entry), entryHash);
    if (changed.state !== 'open')
      throw new KeyturnError('InventoryChanged', `${state.name}: ${changed.reason}; resume plans it anew`);
    if (turn.direction === 'forward') {
      const off = viewsOff(await Promise.all(entry.views.map((view) => store.describe(view.secret))), turn.keep);
      if (off.length > 0)
        throw new KeyturnError(
          'LabelMoved',
          `${state.name}: ${off.join(', ')} has another value than Keyturn's view; nothing was revoked`,
        );
    }
    return {};
  },

  async 'await-gate'({ secretArn, reason, sinceMs, soakSeconds }, { clock, entryOf }) {
    const { timings } = await entryOf(secretNameOf(secretArn));
    const waitedSeconds = (clock.nowMs() - sinceMs) / 1000;
    if (waitedSeconds > soakSeconds + timings.gateSeconds) {
      throw new KeyturnError(
        'GateClosed',
        `${secretNameOf(secretArn)}: the old credential may still be in use: ${reason}`,
      );
    }
    return {};
  },

  remind,

  async 'move-back'({ secretArn, turn }, { store }) {
    await moveBack(secretArn, turn, store);
    return {};
  },

  async close({ secretArn, turn }, { store }) {
    await closeTurn(secretArn, turn, store);
    return {};
  },

  async 'strip-pending'({ secretArn, versionId }, { store }) {
    await stripPending(secretArn, versionId, store);
    return {};
  },

  async 'end-abandoned'({ secretArn }, { store }) {
    // finishSecret may have labelled the outgoing version and died before the promotion.
    const state = await store.describe(secretArn);
    const current = holderOf(state, labels.current);
    const pending = holderOf(state, labels.pending);
    // The next rotation has a value, so createSecret let it pass: the label, if any, is its own finishSecret's.
    const isNext = pending !== undefined && pending !== current && (await readIfAny(store, secretArn, pending));
    if (current !== undefined && !isNext) await stripRetiring(secretArn, current, store);
    return {};
  },

  async record({ result, state }, { clock, record, notify }) {
    const secret = secretNameOf(state.secretArn);
    const evidence = evidenceOf(state as unknown as RolloutState, secret, result, clock.nowMs());
    await record(evidence);
    if (result !== 'retired' || evidence.emergency) await notify(subjectOf(secret, evidence), evidence);
    return {};
  },
};

/** An emergency's end is told however it ended: somebody waits for it. */
function subjectOf(secret: string, { result, emergency }: Evidence): string {
  return emergency ? `Keyturn: the emergency of ${secret}: it was ${result}` : `Keyturn: ${secret} was ${result}`;
}

/** Does one thing that the workflow asks for. Every op is idempotent. Answers carry `atMs`, for the record's timeline. */
export async function performRollout(request: RolloutRequest, parts: RolloutParts): Promise<object> {
  const op = ops[request.op] as (request: RolloutRequest, parts: RolloutParts) => Promise<object>;
  const answer = await op(request, parts);
  return { ...answer, atMs: parts.clock.nowMs() };
}
