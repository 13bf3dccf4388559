import type { DatabaseWork } from './database-log.ts';

export type TurnResult = 'retired' | 'rolled-back' | 'held';

export interface RotationReport extends DatabaseWork {
  secret: string;
  kind: string;
  result: TurnResult;
  /** From the promotion until the credential that had to go was refused; null: it never was. */
  overlapSeconds: number | null;
  /** Seen at the target itself, by other means than Keyturn's. */
  oldRefused: boolean;
  newAccepted: boolean;
  secretsManagerCalls: SecretsManagerCalls;
  stateTransitions: number;
}

export interface SecretsManagerCalls {
  /** The four steps. */
  rotation: number;
  /** The rollout, without the views. */
  rollout: number;
  views: number;
}

/** What `--json` writes. */
export interface RehearsalReport {
  requests: { sent: number; failed: number };
  rotations: RotationReport[];
  /** By service. */
  restarts: Record<string, number>;
  leaks: number;
  deniedCalls: number;
}
