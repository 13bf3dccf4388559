import { randomBytes } from 'node:crypto';
import { AwsError, type World } from '../../types.ts';
import { attach, CURRENT, detach, holderOf, PENDING, PREVIOUS, requireRoom } from './labels.ts';
import { type Secret, type SecretData, sameData, tokenInUse, type Version } from './secret.ts';

export interface NewSecret {
  name: string;
  description?: string;
  kmsKeyId?: string;
  tags?: Readonly<Record<string, string>>;
  /** The first value; without it the secret has no version. */
  value?: { versionId: string; data: SecretData };
}

export interface NewValue {
  versionId: string;
  data: SecretData;
  /** Default AWSCURRENT. */
  labels?: readonly string[];
}

/** The secrets of one account and Region, by the rules that hold for whoever changes them. */
export class SecretStore {
  private readonly world: World;
  private readonly secrets = new Map<string, Secret>();

  constructor(world: World) {
    this.world = world;
  }

  all(): Secret[] {
    return [...this.secrets.values()];
  }

  /** By name, ARN, or ARN without its last hyphen and six characters. */
  lookup(secretId: string): Secret | undefined {
    const byName = this.secrets.get(secretId);
    if (byName) return byName;
    return this.all().find(({ arn }) => arn === secretId || arn.slice(0, -7) === secretId);
  }

  /** @throws AwsError ResourceNotFoundException */
  find(secretId: string): Secret {
    const secret = this.lookup(secretId);
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  }

  /** @throws AwsError ResourceNotFoundException, InvalidRequestException for one that is marked for deletion. */
  findLive(secretId: string): Secret {
    const secret = this.find(secretId);
    if (secret.deletedAtMs !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  /** What an ARN would look like for a name that is not there. */
  arnFor(name: string): string {
    if (name.startsWith('arn:')) return name;
    return `arn:aws:secretsmanager:${this.world.region}:${this.world.accountId}:secret:${name}`;
  }

  create({ name, description, kmsKeyId, tags = {}, value }: NewSecret): Secret {
    const known = this.secrets.get(name);
    if (known?.deletedAtMs !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    if (known) {
      const sameRequest = value && known.versions.get(value.versionId)?.data;
      if (sameRequest && value && sameData(sameRequest, value.data)) return known;
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    }
    const nowMs = this.world.nowMs();
    const secret: Secret = {
      name,
      arn: `${this.arnFor(name)}-${suffix()}`,
      description,
      kmsKeyId,
      tags: new Map(Object.entries(tags)),
      versions: new Map(),
      createdAtMs: nowMs,
      lastChangedAtMs: nowMs,
      lastRotatedAtMs: undefined,
      lastAccessedAtMs: undefined,
      deletedAtMs: undefined,
      resourcePolicy: undefined,
      rotation: undefined,
      openRotation: undefined,
    };
    this.secrets.set(name, secret);
    if (value) this.put(secret, value);
    return secret;
  }

  remove(secret: Secret): void {
    this.secrets.delete(secret.name);
  }

  /** PutSecretValue's rules. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
  put(secret: Secret, { versionId, data, labels = [CURRENT] }: NewValue): Version {
    const known = secret.versions.get(versionId);
    if (known?.data) {
      if (sameData(known.data, data)) return known;
      throw tokenInUse(secret, versionId);
    }
    const isFirst = ![...secret.versions.values()].some((other) => other.data !== undefined);
    const wanted = isFirst ? [...labels, CURRENT] : labels;
    requireRoom(secret, wanted);
    const version = known ?? this.reserve(secret, versionId);
    version.data = data;
    version.createdAtMs = this.world.nowMs();
    if (secret.openRotation?.running && secret.openRotation.token !== versionId) this.abandonRotation(secret);
    this.attachAll(secret, wanted, version);
    this.touch(secret);
    return version;
  }

  /** A version without a value, as a rotation begins with. */
  reserve(secret: Secret, versionId: string): Version {
    const version: Version = {
      id: versionId,
      data: undefined,
      labels: new Set(),
      createdAtMs: this.world.nowMs(),
      lastAccessedAtMs: undefined,
    };
    secret.versions.set(versionId, version);
    return version;
  }

  attachAll(secret: Secret, labels: readonly string[], version: Version): void {
    for (const label of labels) if (attach(secret, label, version)) this.announce(secret, label, version);
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html */
  announce(secret: Secret, label: string, version: Version): void {
    if (label === PENDING || label === PREVIOUS) return;
    this.world.emit({
      source: 'aws.secretsmanager',
      'detail-type': 'Secret Label Updated',
      resources: [secret.arn],
      detail: { name: secret.name, labelUpdated: label, versionId: version.id },
    });
  }

  touch(secret: Secret): void {
    secret.lastChangedAtMs = this.world.nowMs();
  }

  /** A new version in the middle of a rotation ends it: RotationAbandoned. */
  private abandonRotation(secret: Secret): void {
    const pending = holderOf(secret, PENDING);
    if (pending && pending.id === secret.openRotation?.token) detach(secret, PENDING, pending);
    secret.openRotation = undefined;
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** "Secrets Manager automatically adds a hyphen and six random characters". */
function suffix(): string {
  return Array.from(randomBytes(6), (byte) => LETTERS[byte % LETTERS.length]).join('');
}
