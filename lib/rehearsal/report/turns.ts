import { type Phase, phaseOfState, resultOfState } from '../../core/rollout/phase.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Execution } from '../../simulator/states/execution.ts';
import type { HistoryEvent } from '../../simulator/states/history.ts';
import type { States } from '../../simulator/states/states.ts';
import type { SimulatedWorld } from '../../simulator/world.ts';
import type { TurnResult } from './report.ts';

/** One secret's rotation and rollout, as seen from outside. */
export interface Turn {
  readonly secret: string;
  readonly secretArn: string;
  /** What happens now, in the operator's words. */
  phase: string;
  /** The version that the rotation makes; undefined until it has started. */
  versionId?: string;
  /** When the four steps began, and when the last of them ended. */
  rotationFromMs?: number;
  rotationToMs?: number;
  /** When the credential that had to go was refused. */
  refusedAtMs?: number;
  stateTransitions: number;
  result?: TurnResult;
  /** Why it was not retired. */
  reason?: string;
}

/** The phases that follow are those of the way back. */
const goingBack: Phase = 'going back';

export interface TurnWatch {
  readonly turns: readonly Turn[];
  /** Takes in what has happened since the last look. */
  look(): void;
  /** Takes what has no result for held. */
  giveUp(reason: string): void;
}

/** Follows every secret's turn, from rotation records and executions' histories. */
export function watchTurns(
  world: SimulatedWorld,
  rolloutMachineArn: string,
  secrets: readonly string[],
  onPhase: (turn: Turn) => void,
): TurnWatch {
  const manager = world.service<SecretsManager>('secretsmanager');
  const states = world.service<States>('states');
  let recordsSeen = manager.rotations.length;
  const eventsSeen = new Map<string, number>();
  const back = new Set<string>();
  const recorded = new Map<string, TurnResult>();
  const turns = secrets.map((secret): Turn => {
    return { secret, secretArn: manager.arn(secret), phase: 'waiting', stateTransitions: 0 };
  });

  function enter(turn: Turn, phase: string): void {
    if (turn.phase === phase) return;
    turn.phase = phase;
    onPhase(turn);
  }

  function lookAtRotations(): void {
    const { rotations } = manager;
    for (; recordsSeen < rotations.length; recordsSeen += 1) {
      const record = rotations[recordsSeen];
      const turn = turns.find(({ secretArn }) => secretArn === record?.secretArn);
      if (record === undefined || turn === undefined) continue;
      turn.versionId = record.versionId;
      if (record.event === 'RotationStarted') turn.rotationFromMs ??= record.atMs;
      if (record.event === 'RotationStarted') enter(turn, 'rotating');
      if (record.event === 'RotationSucceeded') turn.rotationToMs = record.atMs;
      if (record.event === 'RotationFailed') enter(turn, `rotation failed: ${record.reason}`);
    }
  }

  function lookAtRollout(turn: Turn, execution: Execution): void {
    const { events } = execution.history;
    const from = eventsSeen.get(execution.arn) ?? 0;
    eventsSeen.set(execution.arn, events.length);
    turn.stateTransitions = execution.history.stateTransitions;
    for (const event of events.slice(from)) {
      const name = nameIn(event, 'stateEnteredEventDetails');
      const phase = name === undefined ? undefined : phaseOfState(name);
      if (phase !== undefined)
        enter(turn, back.has(turn.secret) && phase !== goingBack ? `${goingBack}: ${phase}` : phase);
      if (phase === goingBack) back.add(turn.secret);
      const result = name === undefined ? undefined : resultOfState(name);
      // A rotation that never promoted leaves its secret as it was.
      if (result !== undefined) recorded.set(execution.arn, result === 'abandoned' ? 'held' : result);
      if (nameIn(event, 'stateExitedEventDetails') === 'ProveRefused') turn.refusedAtMs = event.timestamp.getTime();
    }
    if (execution.status === 'RUNNING') return;
    turn.result = recorded.get(execution.arn) ?? 'held';
    const { error, cause } = execution.failure ?? {};
    if (error !== undefined) turn.reason = `${error}: ${cause ?? ''}`;
    enter(turn, turn.result);
  }

  return {
    turns,
    giveUp(reason) {
      for (const turn of turns) {
        if (turn.result !== undefined) continue;
        turn.reason = `${reason}: ${turn.phase}`;
        turn.result = 'held';
      }
    },
    look() {
      lookAtRotations();
      for (const execution of states.executionsOf(rolloutMachineArn)) {
        const { secretArn } = JSON.parse(execution.input) as { secretArn?: string };
        const turn = turns.find((each) => each.secretArn === secretArn);
        if (turn) lookAtRollout(turn, execution);
      }
    },
  };
}

function nameIn(event: HistoryEvent, details: string): string | undefined {
  return (event[details] as { name?: string } | undefined)?.name;
}
