import { randomUUID } from 'node:crypto';
import { AwsError } from '../../types.ts';
import { type SimulatedWorld, servicePrincipal } from '../../world.ts';
import { attach, CURRENT, detach, holderOf, PENDING } from './labels.ts';
import type { Secret } from './secret.ts';
import type { SecretStore } from './store.ts';

export interface RotatorOptions {
  /** How often a failing rotation is tried in all. AWS says "multiple times" and not how many. Default 5. */
  rotationAttempts?: number;
  /** Between two tries. Default 2 s. */
  rotationRetryMs?: number;
  /** What becomes of AWSPENDING after success; AWS documents both. Default: it stays on the current version. */
  pendingAfterRotation?: 'kept' | 'removed';
}

/** What CloudTrail would show of rotations. https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html */
export interface RotationRecord {
  atMs: number;
  event:
    | 'RotationStarted'
    | 'RotationSucceeded'
    | 'RotationFailed'
    | 'RotationAbandoned'
    | 'TestRotationStarted'
    | 'TestRotationSucceeded'
    | 'TestRotationFailed';
  secretArn: string;
  versionId: string;
  /** Of a failure: the step and what came back from the function. */
  reason?: string;
}

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
type Step = (typeof STEPS)[number];

/** Runs rotations in the background, by calling the rotation function. */
export class Rotator {
  readonly records: RotationRecord[] = [];
  private readonly world: SimulatedWorld;
  private readonly store: SecretStore;
  private readonly options: Required<RotatorOptions>;
  private readonly underWay = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(world: SimulatedWorld, store: SecretStore, options: RotatorOptions) {
    this.world = world;
    this.store = store;
    this.options = { rotationAttempts: 5, rotationRetryMs: 2_000, pendingAfterRotation: 'kept', ...options };
    world.onClose(async () => {
      this.closing.abort();
      await Promise.all(this.underWay);
    });
  }

  /** The version id is there, with AWSPENDING and without a value, before the function hears of it. */
  start(secret: Secret, token: string): void {
    attach(secret, PENDING, this.store.reserve(secret, token));
    this.open(secret, token);
  }

  /** Tries a rotation again that was given up, from createSecret and with the same token. */
  resume(secret: Secret): void {
    const open = secret.openRotation;
    if (open && !open.running) this.open(secret, open.token);
  }

  /** testSecret alone, on a version that has no value and is removed afterwards. */
  test(secret: Secret, token: string): void {
    const throwAway = this.store.reserve(secret, token);
    attach(secret, PENDING, throwAway);
    this.record('TestRotationStarted', secret, token);
    this.inBackground(async () => {
      const failure = await this.invoke(secret, token, 'testSecret');
      detach(secret, PENDING, throwAway);
      if (failure === undefined) this.record('TestRotationSucceeded', secret, token);
      else this.record('TestRotationFailed', secret, token, failure);
    });
  }

  private open(secret: Secret, token: string): void {
    secret.openRotation = { token, running: true };
    this.record('RotationStarted', secret, token);
    this.inBackground(() => this.rotate(secret, token));
  }

  /** The whole rotation again and again: "If any rotation step fails, Secrets Manager retries the entire rotation process". */
  private async rotate(secret: Secret, token: string): Promise<void> {
    const open = secret.openRotation;
    for (let attempt = 1; attempt <= this.options.rotationAttempts; attempt += 1) {
      if (attempt > 1) await this.world.clock.sleep(this.options.rotationRetryMs, this.closing.signal);
      if (this.closing.signal.aborted) return;
      const wanted = () => secret.openRotation === open;
      const failure = wanted() ? await this.runSteps(secret, token, wanted) : undefined;
      if (!wanted()) return this.record('RotationAbandoned', secret, token);
      if (failure === undefined) return this.succeed(secret, token);
      this.record('RotationFailed', secret, token, failure);
    }
    secret.openRotation = { token, running: false };
  }

  /** @returns why it stopped; undefined when all four steps returned and the version is current. */
  private async runSteps(secret: Secret, token: string, wanted: () => boolean): Promise<string | undefined> {
    for (const step of STEPS) {
      const failure = await this.invoke(secret, token, step);
      if (failure !== undefined) return failure;
      if (!wanted()) return 'The rotation was ended from outside';
    }
    return holderOf(secret, CURRENT)?.id === token ? undefined : 'finishSecret returned, but AWSCURRENT has not moved';
  }

  private succeed(secret: Secret, token: string): void {
    secret.openRotation = undefined;
    secret.lastRotatedAtMs = this.world.nowMs();
    const holder = holderOf(secret, PENDING);
    if (this.options.pendingAfterRotation === 'removed' && holder?.id === token) detach(secret, PENDING, holder);
    this.store.touch(secret);
    this.record('RotationSucceeded', secret, token);
  }

  /** @returns what the function or the call answered when it failed. */
  private async invoke(secret: Secret, token: string, step: Step): Promise<string | undefined> {
    const event = { Step: step, SecretId: secret.arn, ClientRequestToken: token, RotationToken: randomUUID() };
    try {
      const answer = (await this.world.perform(
        servicePrincipal(this.world, 'secretsmanager.amazonaws.com', secret.arn),
        'lambda',
        'Invoke',
        {
          FunctionName: secret.rotation?.lambdaArn,
          InvocationType: 'RequestResponse',
          Payload: Buffer.from(JSON.stringify(event)),
        },
      )) as { FunctionError?: string; Payload?: Uint8Array };
      if (answer.FunctionError === undefined) return undefined;
      return `${step}: ${Buffer.from(answer.Payload ?? []).toString('utf8')}`;
    } catch (error) {
      if (error instanceof AwsError) return `${step}: ${error.code} ${error.message}`;
      throw error;
    }
  }

  private inBackground(work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        // A defect of the simulator: nobody waits for this work, so it must not pass unseen.
        process.emitWarning(error instanceof Error ? error : String(error));
      })
      .finally(() => this.underWay.delete(running));
    this.underWay.add(running);
  }

  private record(event: RotationRecord['event'], secret: Secret, versionId: string, reason?: string): void {
    const atMs = this.world.nowMs();
    this.records.push({ atMs, event, secretArn: secret.arn, versionId, ...(reason !== undefined && { reason }) });
  }
}
