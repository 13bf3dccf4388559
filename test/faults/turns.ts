import type { Kind } from '../../lib/core/kind.ts';
import type { SecretValue } from '../../lib/core/secret-value.ts';
import type { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { KindEstate } from '../support/describe-kind.ts';
import { buildHouse, type House } from '../support/house.ts';
import { fromNow } from '../support/leaks.ts';

/** A step of the rotation that failed, as Secrets Manager and the operator get to know it. */
export interface StepFailure {
  step: string;
  code: string;
  message: string;
  /** On the estate's clock. */
  tookMs: number;
  versionId: string;
}

export interface RolloutFailure {
  code: string | undefined;
  message: string;
  tookMs: number;
  versionId: string;
}

/** What the target says of the credentials, asked by other means than the kind's client. */
export interface Standing {
  /** Whether AWSCURRENT is what it was before the rotation. */
  current: 'as before' | 'new';
  /** The login with AWSCURRENT, and with the view once it was written. */
  currentLogin: 'accepted' | 'refused';
  /** The login with the credential that was current before. */
  before: 'accepted' | 'refused';
}

const patienceMs = 60_000;

/** A house around a real target, in which faults can strike at a chosen moment. */
export class Turns<Target> {
  readonly house: House;
  readonly estate: KindEstate<Target>;

  constructor(house: House, estate: KindEstate<Target>) {
    this.house = house;
    this.estate = estate;
  }

  /** Lets something happen right before a step of the rotation or an op of the rollout, the first time. */
  before(moment: string, strike: () => void | Promise<void>): void {
    let struck = false;
    this.house.beforeInvoke = async (_, { Step, op }) => {
      if (struck || (Step !== moment && op !== moment)) return;
      struck = true;
      await strike();
    };
  }

  /** RotateSecret, which is to fail; Secrets Manager tries once. */
  async rotationFails(): Promise<StepFailure> {
    const startedAtMs = this.#nowMs();
    const versionId = await this.house.start();
    return { ...(await this.#failure(versionId)), tookMs: this.#nowMs() - startedAtMs, versionId };
  }

  /** Secrets Manager reattempts the rotation that failed, as the next RotateSecret makes it. Returns how its rollout ended. */
  async triedAgain({ versionId }: { versionId: string }): Promise<string> {
    // "A previous rotation isn't complete. That rotation will be reattempted."
    await this.house.start().catch(() => undefined);
    return (await this.house.rolloutOf(versionId)).status;
  }

  /** RotateSecret, which promotes; its rollout is to fail. */
  async rolloutFails(): Promise<RolloutFailure> {
    const startedAtMs = this.#nowMs();
    const { versionId, status, error } = await this.house.turn();
    if (status !== 'FAILED') throw new Error(`the rollout is ${status}`);
    return { code: error, message: this.#causeOf(), tookMs: this.#nowMs() - startedAtMs, versionId };
  }

  /** The next attempt of the held rollout. */
  async resumed({ versionId }: { versionId: string }): Promise<string> {
    await this.house.resume();
    return (await this.house.rolloutOf(versionId, this.house.states.executionsOf().length)).status;
  }

  async standing(): Promise<Standing> {
    const { house, estate } = this;
    const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
    const isNew = !current.equals(estate.current);
    const retired = house.records.some(({ result }) => result === 'retired');
    const logins = [current, ...(retired ? [await this.#view()] : [])];
    const answers = await Promise.all(logins.map((value) => estate.logIn(value)));
    return {
      current: isNew ? 'new' : 'as before',
      currentLogin: answers.includes('refused') ? 'refused' : 'accepted',
      before: await estate.logIn(estate.current),
    };
  }

  /** Every value that a version ever had. */
  async values(): Promise<SecretValue[]> {
    const { store, secretArn } = this.house;
    const read = (versionId: string) => store.read(secretArn, { versionId }).catch(() => undefined);
    const values = await Promise.all((await store.listVersionIds(secretArn)).map(read));
    return values.filter((value) => value !== undefined);
  }

  async #failure(versionId: string): Promise<Pick<StepFailure, 'step' | 'code' | 'message'>> {
    const { rotations } = this.house.world.service<SecretsManager>('secretsmanager');
    for (const untilMs = Date.now() + patienceMs; Date.now() < untilMs; ) {
      const ended = rotations.find((each) => each.versionId === versionId && each.event !== 'RotationStarted');
      if (ended !== undefined && ended.reason === undefined) throw new Error(`not failed but ${ended.event}`);
      if (ended?.reason !== undefined) {
        const [, step = '', answer = ''] = /^(\w+): (\{.*\})$/s.exec(ended.reason) ?? [];
        const { errorType, errorMessage } = JSON.parse(answer) as { errorType: string; errorMessage: string };
        return { step, code: errorType, message: errorMessage };
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('the rotation did not fail');
  }

  /** A function's error comes as JSON, a state's own as text. */
  #causeOf(): string {
    const cause = this.house.states.executionsOf().at(-1)?.failure?.cause ?? '';
    return cause.startsWith('{') ? (JSON.parse(cause) as { errorMessage: string }).errorMessage : cause;
  }

  #view(): Promise<SecretValue> {
    return this.house.store.read('house/VIEW', { label: 'AWSCURRENT' });
  }

  #nowMs(): number {
    return this.estate.context().clock.nowMs();
  }
}

/** What works, and what not, where a fault struck before the promotion, before the revocation, and after everything. */
export const untouched: Standing = { current: 'as before', currentLogin: 'accepted', before: 'accepted' };
export const bothWork: Standing = { current: 'new', currentLogin: 'accepted', before: 'accepted' };
export const turned: Standing = { current: 'new', currentLogin: 'accepted', before: 'refused' };

interface Options {
  consumers?: string[];
  /** The target's log: what is written into it from now on is searched for secrets. */
  log?: () => Promise<string>;
}

export async function furnish<Target, Credential>(
  kind: Kind<Target, Credential>,
  estate: KindEstate<Target>,
  { log, ...options }: Options = {},
): Promise<Turns<Target>> {
  const { clock, admin } = estate.context();
  const adminName = kind.facts.adminSecretOf(estate.target);
  const fields = Object.keys(kind.facts.fields).map((field) => `"${field}":"{${field}:json}"`);
  const house = await buildHouse({
    ...options,
    rotationAttempts: 1,
    taskRetries: false,
    entry: { views: [{ secret: 'house/VIEW', template: `{${fields.join(',')}}` }] },
    estate: {
      kind: kind as unknown as Kind,
      target: estate.target,
      initial: estate.current,
      adminSecret: adminName === undefined ? undefined : { name: adminName, value: await admin() },
      clock,
    },
  });
  if (log !== undefined) {
    const written = await fromNow(log);
    house.alsoWritten.push(async () => ({ name: 'the target’s log', text: await written() }));
  }
  return new Turns(house, estate);
}
