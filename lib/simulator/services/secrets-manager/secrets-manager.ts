import { randomUUID } from 'node:crypto';
import type { Service } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';
import { lifecycleOperations } from './lifecycle.ts';
import { randomPassword } from './random-password.ts';
import { readable, readingOperations } from './reading.ts';
import { resourcePolicyOperations } from './resource-policy.ts';
import { type RotateInput, type RotateOutput, rotate, rotationOperations } from './rotation.ts';
import { type RotationRecord, Rotator, type RotatorOptions } from './rotator.ts';
import type { Secret } from './secret.ts';
import { type NewSecret, SecretStore } from './store.ts';
import { valueOperations } from './values.ts';

export interface SecretToCreate extends Omit<NewSecret, 'value'> {
  secretString?: string;
}

/** Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/ Its methods ask for no permission. */
export class SecretsManager implements Service {
  readonly name = 'secretsmanager';
  readonly operations: Service['operations'];
  private readonly world: SimulatedWorld;
  private readonly store: SecretStore;
  private readonly rotator: Rotator;

  constructor(world: SimulatedWorld, options: RotatorOptions = {}) {
    this.world = world;
    this.store = new SecretStore(world);
    this.rotator = new Rotator(world, this.store, options);
    this.operations = {
      ...readingOperations(this.store),
      ...valueOperations(this.store),
      ...lifecycleOperations(this.store),
      ...resourcePolicyOperations(this.store),
      ...rotationOperations(world, this.store, this.rotator),
      GetRandomPassword: {
        needs: () => [{ action: 'secretsmanager:GetRandomPassword', resource: '*' }],
        run: (input) => ({ RandomPassword: randomPassword(input) }),
      },
    };
  }

  /** @returns the new secret's ARN. @throws AwsError ResourceExistsException */
  create({ secretString, ...rest }: SecretToCreate): string {
    const value = secretString !== undefined && { versionId: randomUUID(), data: { SecretString: secretString } };
    return this.store.create({ ...rest, ...(value && { value }) }).arn;
  }

  /** A new current version, as from the console. @returns its id. */
  putValue(secretId: string, secretString: string): string {
    const data = { SecretString: secretString };
    return this.store.put(this.store.findLive(secretId), { versionId: randomUUID(), data }).id;
  }

  /** The text of a version, by default of AWSCURRENT. @throws AwsError ResourceNotFoundException, InvalidRequestException */
  value(secretId: string, which: { VersionId?: string; VersionStage?: string } = {}): string {
    const { data } = readable(this.store.findLive(secretId), which);
    if (data && 'SecretString' in data) return data.SecretString;
    throw new Error(`${secretId} holds no text`);
  }

  /** Labels by version id. */
  labels(secretId: string): Record<string, string[]> {
    const versions = [...this.store.find(secretId).versions.values()].filter(({ labels }) => labels.size > 0);
    return Object.fromEntries(versions.map(({ id, labels }) => [id, [...labels]]));
  }

  /** @throws AwsError ResourceNotFoundException */
  arn(secretId: string): string {
    return this.store.find(secretId).arn;
  }

  secrets(): readonly Secret[] {
    return this.store.all();
  }

  setResourcePolicy(secretId: string, policy: unknown): void {
    this.store.findLive(secretId).resourcePolicy = policy;
  }

  /** RotateSecret, as a RotationSchedule in a template does it. @throws AwsError as RotateSecret does. */
  rotate(input: RotateInput): Promise<RotateOutput> {
    return rotate(this.world, this.store, this.rotator, { ClientRequestToken: randomUUID(), ...input });
  }

  /** GenerateSecretString of a template. */
  randomPassword = randomPassword;

  /** The history of rotations, oldest first. */
  get rotations(): readonly RotationRecord[] {
    return this.rotator.records;
  }
}
