import { KeyturnError } from '../errors.ts';
import { labels } from '../labels.ts';
import type { SecretState } from '../ports.ts';

/** The version that carries a label; undefined when none does. */
export function holderOf(state: SecretState, label: string): string | undefined {
  return Object.entries(state.versions).find(([, held]) => held.includes(label))?.[0];
}

/**
 * Whether a step may act on this token: rotation enabled → token known → already current → pending, else reject. Pure.
 * @throws RotationDisabled, TokenRejected
 */
export function guard(state: SecretState, token: string): 'proceed' | 'already-current' {
  if (!state.rotationEnabled) {
    throw new KeyturnError(
      'RotationDisabled',
      `${state.name}: rotation is not enabled; deploy the app, or run rotate-secret with a rotation function`,
    );
  }
  const held = state.versions[token];
  if (held === undefined) {
    throw new KeyturnError(
      'TokenRejected',
      `${state.name}: version ${token} carries no label; the rotation was abandoned and a new one gets a new token`,
    );
  }
  if (held.includes(labels.current)) return 'already-current';
  if (!held.includes(labels.pending)) {
    throw new KeyturnError(
      'TokenRejected',
      `${state.name}: version ${token} is not ${labels.pending} (it is ${held.join(', ')}); somebody ended this rotation`,
    );
  }
  return 'proceed';
}

/** Whether a rollout stands in the way of a new rotation. `own-finish`: the retiring version is still current, so this may be our own finishSecret, replayed. */
export function openRollout(state: SecretState): 'none' | 'own-finish' | 'open' {
  const retiring = holderOf(state, labels.retiring);
  if (retiring === undefined) return 'none';
  return retiring === holderOf(state, labels.current) ? 'own-finish' : 'open';
}
