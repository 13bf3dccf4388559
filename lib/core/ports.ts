import type { SecretValue } from './secret-value.ts';

/** A secret's metadata: labels by version id, and what the guards need. */
export interface SecretState {
  arn: string;
  name: string;
  rotationEnabled: boolean;
  /** Version id → labels. Versions without labels are not listed. */
  versions: Readonly<Record<string, readonly string[]>>;
  /**
   * The version with KEYTURN_SUPPLIED. Kept apart from `versions`, because the label says nothing of a rotation: the value may wait
   * for one, be on its way in one, or have been promoted by one that has not ended.
   */
  supplied?: string | undefined;
  tags: Readonly<Record<string, string>>;
  /** When the value was last changed or rotated, by whomever. */
  lastChangedAtMs: number | undefined;
}

/** Secrets Manager. Every error is a KeyturnError: AccessDenied, AwsUnavailable, SecretNotFound, VersionNotReadable, LabelMoved. */
export interface SecretStore {
  describe(secretId: string): Promise<SecretState>;
  /** One GetSecretValue: by version id, by label, or by both, which proves the pairing. @throws VersionNotReadable */
  read(secretId: string, which: { versionId?: string; label?: string }): Promise<SecretValue>;
  /** PutSecretValue with the token as version id; takes each label from whichever version has it. `kept`: the version already has another value, which stays. */
  put(
    secretId: string,
    token: string,
    value: SecretValue,
    label: string | readonly string[],
    rotationToken?: string,
  ): Promise<'written' | 'kept'>;
  /** UpdateSecretVersionStage: compare-and-swap. Without `to` the label is stripped. @throws LabelMoved when it is not on `from`. */
  moveLabel(secretId: string, label: string, move: { from?: string; to?: string }): Promise<void>;
  /** Ids of every version that ever had a value, unlabelled ones included. */
  listVersionIds(secretId: string): Promise<string[]>;
  tag(secretId: string, key: string, value: string): Promise<void>;
  untag(secretId: string, key: string): Promise<void>;
}
