import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { until } from '../scenarios/until.ts';

/** Where something can come in between: before one of the four steps, or before what the workflow asks for. */
const points = [
  ...['createSecret', 'setSecret', 'testSecret', 'finishSecret'],
  ...['observe', 'plan', 'write-views', 'refresh', 'last-use', 'check-plan', 'disable', 'prove-refused', 'destroy'],
  ...['close', 'verify-predecessor', 'move-back', 'strip-pending', 'discard-abandoned', 'end-abandoned'],
] as const;
const wrong = 'wrong';
type Point = (typeof points)[number];

interface Credential {
  name: string;
  password: string;
}

/** The house, what goes on in it, and the last credential that is known to have worked. */
class Estate {
  house: House;
  lastKnown: Credential = { name: 'app', password: 'first' };
  readonly broken: string[] = [];
  /** Deliveries of a step that nobody waits for. */
  readonly underWay = new Set<Promise<unknown>>();

  constructor(house: House) {
    this.house = house;
  }

  works({ name, password }: Credential): boolean {
    const account = this.house.target.accounts.get(name);
    return account?.enabled === true && account.password === password;
  }

  /** Undefined: the version has no value that can be read. */
  async credentialOf(which: { versionId: string } | { label: string }): Promise<Credential | undefined> {
    const value = await this.house.store.read(this.house.secretArn, which).catch(ignore);
    return value?.parse((text) => JSON.parse(text) as Credential);
  }

  /** The invariant. What somebody put by hand may not work; then what worked before still does. */
  async look(when: string): Promise<void> {
    const current = await this.credentialOf({ label: 'AWSCURRENT' });
    if (current && this.works(current)) this.lastKnown = current;
    else if (current?.password !== wrong) this.broken.push(`${when}: AWSCURRENT does not work`);
    else if (!this.works(this.lastKnown))
      this.broken.push(`${when}: ${this.lastKnown.name}, the last that worked, is gone`);
  }

  async settle(): Promise<void> {
    const { house } = this;
    const { timings } = house.entry;
    await until(async () => {
      await Promise.all(this.underWay);
      if (house.isRotating()) return false;
      // Secrets Manager has given up: the rollout's patience ends.
      timings.promotionSeconds = 0;
      return house.states.executionsOf().every(({ status }) => status !== 'RUNNING');
    });
    timings.promotionSeconds = 60;
  }

  fail(isSick: boolean): void {
    const api = this.house.consumers.get('api');
    const old = api?.runsOn;
    if (api)
      api.progressOf = ({ versionId }) =>
        isSick && versionId !== old ? { state: 'failed', reason: 'crash loop' } : { state: 'converged', detail: 'up' };
  }

  async putByHand(change: Partial<Credential>): Promise<void> {
    const current = await this.credentialOf({ label: 'AWSCURRENT' });
    const text = JSON.stringify({ ...current, ...change, host: 'memory.internal' });
    await this.house.store.put(this.house.secretArn, randomUUID(), SecretValue.of(text), 'AWSCURRENT');
  }

  /** AWSCURRENT goes to another version whose credential works. */
  async moveByHand(): Promise<void> {
    const { store, secretArn } = this.house;
    const { AWSCURRENT: from = '', ...others } = await this.house.labelsOf();
    for (const to of new Set(Object.values(others))) {
      const credential = await this.credentialOf({ versionId: to });
      if (to === from || credential === undefined || !this.works(credential)) continue;
      return store.moveLabel(secretArn, 'AWSCURRENT', { from, to });
    }
  }
}

type Payload = { op?: string; Step?: string; ClientRequestToken?: string };

/** What comes in between. An error of the act itself (a label was not there any more) is of no interest. */
const acts: Record<string, (estate: Estate, payload: Payload) => Promise<unknown> | void> = {
  'the function dies': () => {
    throw new KeyturnError('AwsUnavailable', 'the function died');
  },
  'the step is delivered twice': ({ house }, { Step, ClientRequestToken: token }) =>
    Step && token ? house.step(Step, token).catch(ignore) : house.resume().catch(ignore),
  'the step is delivered twice at once': (estate, { Step, ClientRequestToken: token }) => {
    if (Step && token) track(estate, estate.house.step(Step, token));
  },
  // One that stalled and wakes: testSecret of this token has passed before, so its credential works.
  'an earlier finishSecret wakes': async (estate, { ClientRequestToken: token }) => {
    const pending = token && (await estate.credentialOf({ versionId: token }));
    if (token && pending && estate.works(pending)) track(estate, estate.house.step('finishSecret', token));
  },
  'RotateSecret again': ({ house }) => house.start().catch(ignore),
  'a corrected value is put by hand': (estate) => estate.putByHand({}),
  'a wrong password is put by hand': (estate) => estate.putByHand({ password: wrong }),
  'AWSCURRENT is moved by hand': (estate) => estate.moveByHand().catch(ignore),
  'AWSPENDING is stripped by hand': async ({ house }) => {
    const { AWSPENDING: from } = await house.labelsOf();
    if (from) await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from }).catch(ignore);
  },
  'the consumer fails': (estate) => estate.fail(true),
  'the consumer recovers': (estate) => estate.fail(false),
};
const actNames = Object.keys(acts);
const ignore = () => undefined;

function track(estate: Estate, work: Promise<unknown>): void {
  const settled: Promise<unknown> = work.catch(ignore).finally(() => estate.underWay.delete(settled));
  estate.underWay.add(settled);
}

type Between = { at: Point; act: string }[];

/** A rotation, or another attempt of the newest rollout, with what comes in between; each at its point, once. */
class Turn implements fc.AsyncCommand<object, Estate> {
  readonly what: 'rotate' | 'resume';
  readonly between: Between;

  constructor(what: 'rotate' | 'resume', between: Between) {
    this.what = what;
    this.between = between;
  }

  check = () => true;

  async run(_: object, estate: Estate): Promise<void> {
    const { house } = estate;
    const due = [...this.between];
    house.beforeInvoke = async (_name, payload) => {
      const point = payload.op ?? payload.Step ?? '';
      // What waits for a rotation function to end waits as long as one runs here.
      if (point === 'last-use' || point === 'discard-abandoned') {
        await wait(10);
        await Promise.all(estate.underWay);
      }
      await estate.look(`before ${point}`);
      const index = due.findIndex(({ at }) => at === point);
      const [next] = index < 0 ? [] : due.splice(index, 1);
      if (next) await acts[next.act]?.(estate, payload);
    };
    if (this.what === 'rotate') await house.start().catch(ignore);
    else if (house.states.executionsOf().length > 0) await house.resume();
    await estate.settle();
    house.beforeInvoke = () => undefined;
    await estate.look(`after ${this}`);
    expect(estate.broken).toEqual([]);
  }

  toString(): string {
    return [this.what, ...this.between.map(({ at, act }) => `before ${at} ${act}`)].join('; ');
  }
}

/** Most acts come where it is most dangerous: around the promotion and the revocation. */
const dangerous: Point[] = [
  'setSecret',
  'finishSecret',
  'last-use',
  'disable',
  'destroy',
  'move-back',
  'discard-abandoned',
];
const at = fc.oneof(fc.constantFrom(...points), fc.constantFrom(...dangerous));
const between = fc.array(fc.record({ at, act: fc.constantFrom(...actNames) }), { maxLength: 5, size: 'max' });
const commands = fc.commands(
  [between.map((it) => new Turn('rotate', it)), between.map((it) => new Turn('resume', it))],
  { maxCommands: 4, size: 'max' },
);

it.each(['chosen', 'minted'] as const)(
  'whatever comes in between, the last %s credential known to work is never removed',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const house = await buildHouse({ kind });
        try {
          await fc.asyncModelRun(() => ({ model: {}, real: new Estate(house) }), sequence);
        } finally {
          await house.close();
        }
      }),
      { numRuns: Number(process.env['RACES'] ?? 120), interruptAfterTimeLimit: 25_000 },
    );
  },
);
