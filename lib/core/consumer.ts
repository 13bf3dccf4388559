import type { AwsPlace, Statement } from './statement.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** What a consumer must come to run on. */
export interface ConsumerVersion {
  secretArn: string;
  versionId: string;
  /** Names of the secret's views: what else the consumer may read the credential from. */
  views: string[];
  /** The last write of what the consumer reads, plus the clock skew: only what starts at or after it has the new version. */
  promotedAtMs: number;
  /** When a refresh that has not converged counts as failed. */
  deadlineAtMs: number;
}

/** What a refresh returns and `progress` takes: JSON without values. */
export type Ticket = ConsumerVersion & { [key: string]: JsonValue };

export type Progress =
  | { state: 'pending'; detail: string }
  | { state: 'converged'; detail: string }
  | { state: 'failed'; reason: string };

/** What is known of a consumer type without running it. */
export interface ConsumerFacts<Config = unknown> {
  id: string;
  title: string;
  /** Parses the inventory's config. @throws KeyturnError('InvalidInput') */
  parseConfig(config: unknown): Config;
  /** IAM statements for these consumers, least privilege: each names its own resources. */
  needs(configs: Config[], place: AwsPlace): Statement[];
  network: boolean;
}

/** Something that uses a secret. An error that is thrown means "unknown" and holds the rollout; `failed` sends it back. */
export interface Consumer<Config = unknown> {
  readonly facts: ConsumerFacts<Config>;
  /** The refresh that is already under way or done for this version, whoever started it; undefined if there is none. Read-only. */
  adopt(config: Config, version: ConsumerVersion): Promise<Ticket | undefined>;
  /** Starts a refresh. Called only after `adopt` found none. */
  start(config: Config, version: ConsumerVersion): Promise<Ticket>;
  /** Where the refresh stands. Read-only. @throws ConsumerUnfit when the consumer cannot be judged (scaled to zero, gone). */
  progress(config: Config, ticket: Ticket): Promise<Progress>;
}
