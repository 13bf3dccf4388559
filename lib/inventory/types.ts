import type { CheckId } from '../checks/registry.ts';
import type { ConsumerTypeId } from '../consumers/registry.ts';
import type { KindId } from '../kinds/registry.ts';

/** A VPC's parts, by id: the synth looks nothing up. */
export interface Network {
  subnetIds: readonly string[];
  securityGroupIds: readonly string[];
}

/** When to rotate and how carefully. Durations default to `lib/inventory/defaults.ts`. */
export interface Policy {
  /** EventBridge Scheduler's expression, `cron(…)` or `rate(…)`. */
  schedule: string;
  /** IANA time zone of a cron schedule. Default: the inventory's. */
  timeZone?: string;
  /** The start may be up to so many minutes late. Default 0 (exact). */
  flexibleWindowMinutes?: number;
  /** The oldest permitted age of a credential. Longer than the schedule's interval. */
  maximumAgeDays: number;
  /**
   * A campaign starts no further rotation once more than so many of it have failed: what breaks one service may break the
   * next. Default 0.
   */
  toleratedFailures?: number;
  soakSeconds?: number;
  graceSeconds?: number;
  gateSeconds?: number;
  coalesceSeconds?: number;
  /** How long a human may take to destroy a credential that no API can (a supplied one's), before the rollout holds. Default two weeks. */
  humanSeconds?: number;
}

export interface CheckDeclaration {
  type: CheckId;
  config: unknown;
  /** Consecutive healthy answers. Default 3. */
  successes?: number;
  /** Default 10. */
  intervalSeconds?: number;
  /** Default 300. */
  deadlineSeconds?: number;
}

export interface ConsumerDeclaration {
  type: ConsumerTypeId;
  config: unknown;
  checks: readonly CheckDeclaration[];
  /** From the start of a refresh; not converged by then is failed. Default 1800. */
  deadlineSeconds?: number;
}

/** A view's template, such as `postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}`. */
export interface ViewDeclaration {
  template: string;
  /** For a view of the password alone, of a kind whose user name changes: the view that carries the user name beside it. */
  userNameIn?: string;
  /** Make the view's secret. Default false: it exists, with the tag `keyturn:view` = `true`, without which it is not written. */
  create?: boolean;
}

interface SecretBase {
  kind: KindId;
  policy: string;
  /** What the kind asks for; see its README. */
  target: unknown;
  /** Make the secret. Default false: it exists. */
  create?: boolean;
  /** By the name of the view's secret. */
  views?: Readonly<Record<string, string | ViewDeclaration>>;
}

/** Consumers by name, in waves: `[['canary'], ['api', 'worker']]`. */
export type SecretDeclaration = SecretBase &
  ({ waves: readonly (readonly string[])[]; noConsumers?: never } | { waves?: never; noConsumers: string });

/** What an infra engineer declares, in `bin/inventory.ts`. */
export interface Inventory {
  /** IANA time zone of the schedules. */
  timeZone: string;
  /** Gets the alarms by e-mail; the SNS topic is made in any case. */
  notifyEmail?: string;
  /** Customer-managed KMS keys of the secrets. */
  encryptionKeyArns?: readonly string[];
  /** The network of a kind's, consumer type's or check's functions. */
  networks?: Partial<Record<KindId | ConsumerTypeId | CheckId, Network>>;
  policies: Readonly<Record<string, Policy>>;
  consumers: Readonly<Record<string, ConsumerDeclaration>>;
  secrets: Readonly<Record<string, SecretDeclaration>>;
}

/** Types the one file that an engineer edits. */
export function defineInventory(inventory: Inventory): Inventory {
  return inventory;
}
