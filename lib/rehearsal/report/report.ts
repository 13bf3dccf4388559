export type TurnResult = 'retired' | 'rolled-back' | 'held';

/** What the four steps of a rotation cost at the target. */
export interface TargetWork {
  /** Whoever's they were. */
  failedLogins: number;
  /** 0 where the target knows no sessions. */
  connections: number;
  /** Statements, commands or HTTP requests. */
  requests: number;
}

export interface RotationReport {
  secret: string;
  kind: string;
  result: TurnResult;
  /** From the promotion until the credential that had to go was refused; null: it never was. */
  overlapSeconds: number | null;
  /** Seen at the target itself, by other means than Keyturn's. */
  oldRefused: boolean;
  newAccepted: boolean;
  secretsManagerCalls: SecretsManagerCalls;
  /** Null where the target keeps no log to count in. */
  targetWork: TargetWork | null;
  /** Secrets that say the same in their own words. */
  views: string[];
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
  /** `failed` leaves out `unanswerable`: those that failed while a fault had taken away what the service needs. */
  requests: { sent: number; failed: number; unanswerable?: number };
  rotations: RotationReport[];
  /** By service. */
  restarts: Record<string, number>;
  leaks: number;
  deniedCalls: number;
}
