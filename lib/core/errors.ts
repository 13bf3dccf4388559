/**
 * Every condition that Keyturn can end in has one stable code. Step Functions' Catch matches on it, an alarm maps it,
 * `docs/runbook.md` has a heading for it. `retryable` says whether the same call can succeed later without a human.
 */
const conditions = {
  /** createSecret: a version is still retiring; the rollout of the last rotation has not ended. */
  RolloutStillOpen: { retryable: false },
  /** createSecret: what the current version still has to be accepted for is not over; its successor would end it too early. */
  RotatedTooSoon: { retryable: false },
  /** createSecret: the token says emergency, and nobody who may declared one of this version. */
  EmergencyNotDeclared: { retryable: false },
  /** The secret is not set up for rotation. */
  RotationDisabled: { retryable: false },
  /** The event's token names no version of the secret, or one that is not AWSPENDING. */
  TokenRejected: { retryable: false },
  /** A version exists in name but its value cannot be read yet (or never was written). */
  VersionNotReadable: { retryable: true },
  /** A version's value is not what its kind's schema asks for. */
  SecretMalformed: { retryable: false },
  /** The secret's value aims at another host, user or admin secret than the inventory. */
  TargetMismatch: { retryable: false },
  /** The secret has no entry in the inventory. */
  NotInInventory: { retryable: false },
  /** The secret's inventory entry is not one that this release can read. */
  InventoryUnreadable: { retryable: false },
  /** The inventory entry changed after the plan was made. */
  InventoryChanged: { retryable: false },
  /** The target definitively rejects the pending value; it was discarded and the next attempt gets a new one. */
  PendingPoisoned: { retryable: false },
  /** A label was not where the step needed it; somebody else moved it. */
  LabelMoved: { retryable: false },
  /** Disable was asked for while AWSCURRENT, the retiring label or the identities are not what the plan says. */
  CurrentMoved: { retryable: false },
  /** A credential that nobody recorded exists at the target. */
  UnknownCredential: { retryable: false },
  /** createSecret: the secret's values are brought by a human, and none waits. */
  NothingSupplied: { retryable: false },
  /** The target has no room for one more credential. */
  CredentialLimit: { retryable: false },
  /** The target's host name does not resolve. */
  TargetUnresolved: { retryable: true },
  /** Nothing accepts connections at the target's address. */
  TargetUnreachable: { retryable: true },
  /** The target did not answer in time. */
  TargetTimeout: { retryable: true },
  /** The target's certificate or SSH host key could not be verified. Nothing is weakened to get an answer. */
  TargetTlsFailed: { retryable: false },
  /** The target refused the credential itself. */
  AuthenticationRefused: { retryable: false },
  /** The credential logs in but does not act as the identity that it should act as. */
  WrongEffectiveIdentity: { retryable: false },
  /** The credential logs in but lacks a privilege that the current one has. */
  PrivilegeLost: { retryable: false },
  /** Keyturn's own admin credential at the target may not do what is needed; the message has the GRANT to run. */
  AdminPrivilegeMissing: { retryable: false },
  /** A provider or target throttles. */
  TargetThrottled: { retryable: true },
  /** The target is at its connection limit, or still at work on an earlier change. */
  TargetBusy: { retryable: true },
  /** The target's own error, none of the above. */
  TargetFailed: { retryable: true },
  /** The target is not as its kind needs it: a server that the inventory does not name, nowhere to keep a change, no such user. */
  TargetUnfit: { retryable: false },
  /** A replica did not replay the change in time. */
  ReplicaLagging: { retryable: true },
  /** A pooler's own list of users does not have a login yet, or has it still. */
  PoolerLagging: { retryable: true },
  /** After Disable the old credential still logs in. */
  StillAccepted: { retryable: true },
  /** The proof is not possible: the positive control failed, or the refusal is not an authentication error. */
  NotProven: { retryable: true },
  /** The predecessor of a failed version does not work either and could not be installed again. */
  CannotGoBack: { retryable: false },
  /** An operator asked a rollout to go back. */
  RollbackRequested: { retryable: false },
  /** A consumer did not converge on the new version. */
  ConsumerFailed: { retryable: false },
  /** A consumer is not as the inventory says: missing, scaled to zero, pinned, of an unsupported controller. */
  ConsumerUnfit: { retryable: false },
  /** A check stayed unhealthy. */
  CheckUnhealthy: { retryable: false },
  /** A gate stayed closed or unknown until its deadline. */
  GateClosed: { retryable: false },
  /** What only a human can do at the target was not done in time. */
  AwaitsHuman: { retryable: false },
  /** AWS denied one of Keyturn's own calls; the message names the action and the remedy. */
  AccessDenied: { retryable: false },
  /** AWS throttled or failed one of Keyturn's own calls. */
  AwsUnavailable: { retryable: true },
  /** A secret that was asked for does not exist. */
  SecretNotFound: { retryable: false },
  /** AWSCURRENT was moved by somebody else than Keyturn. */
  UnmanagedPromotion: { retryable: false },
  /** The rotation never promoted; its pending credential was discarded. */
  RotationAbandoned: { retryable: false },
  /** More rotations of a campaign failed than its policy tolerates. */
  CampaignFailed: { retryable: false },
  /** An argument, an environment variable or an event is not what the schema says. */
  InvalidInput: { retryable: false },
} as const;

export type ErrorCode = keyof typeof conditions;

export const errorCodes = Object.keys(conditions) as ErrorCode[];

/**
 * The one error class. `message` says what happened, to what, and what to do; it never holds a secret value,
 * nor does `cause` (drivers' errors are reduced to their code before they are attached).
 */
export class KeyturnError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    // Lambda reports `name` as errorType, and Step Functions' Retry and Catch match on that.
    this.name = code;
  }

  /** Whether the same call can succeed later without a human. */
  get retryable(): boolean {
    return conditions[this.code].retryable;
  }
}

/** Codes that Step Functions may retry as they are. */
export const retryableCodes = errorCodes.filter((code) => conditions[code].retryable);
