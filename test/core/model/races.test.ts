import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Progress } from '../../../lib/core/consumer.ts';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, firstPassword, type House } from '../../support/house.ts';
import { type Operator, operatorOf } from '../../support/operator.ts';

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

/** What may move a label or touch a credential on its way back. */
const goingBack = ['verify-predecessor', 'move-back', 'enable'];

/** The house, what goes on in it, and the last credential that is known to have worked. */
class Estate {
  house: House;
  lastKnown: Credential = { name: 'app', password: firstPassword };
  readonly broken: string[] = [];
  /** Deliveries of a step that nobody waits for. */
  readonly underWay = new Set<Promise<unknown>>();
  /** Commands that an operator follows. */
  readonly atTheTerminal = new Set<Promise<unknown>>();
  operator: Operator;
  /** What each task of the service has read when it started. */
  tasks: string[] = [];
  isSick = false;
  /** Somebody moved labels or values by hand, or accepted an outage: what runs may stand still. */
  isExcused = false;

  constructor(house: House) {
    this.house = house;
    this.operator = operatorOf(house);
    const api = house.consumers.get('api');
    if (api) {
      // As ECS does it: all tasks are replaced by ones that read what is current now.
      api.onStart = () => this.deploy();
      api.progressOf = ({ versionId }) => this.progressOf(versionId);
    }
  }

  async deploy(): Promise<void> {
    const { AWSCURRENT: current = '' } = await this.house.labelsOf();
    this.tasks = [current, current];
    const api = this.house.consumers.get('api');
    if (api) api.runsOn = current;
  }

  async scaleOut(): Promise<void> {
    const { AWSCURRENT: current = '' } = await this.house.labelsOf();
    if (this.tasks.length > 0) this.tasks.push(current);
  }

  progressOf(versionId: string): Progress {
    const other = this.tasks.find((task) => task !== versionId);
    if (other !== undefined) return { state: 'failed', reason: `a task runs on ${other}` };
    const isSick = this.isSick && versionId !== this.healthyOn;
    return isSick ? { state: 'failed', reason: 'crash loop' } : { state: 'converged', detail: 'up' };
  }

  healthyOn: string | undefined;

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
    const isAtRest = async () => {
      await Promise.all(this.underWay);
      if (house.isRotating() || house.invocations.size > 0) return false;
      // Secrets Manager has given up: the rollout's patience ends.
      timings.promotionSeconds = 0;
      return house.states.executionsOf().every(({ status }) => status !== 'RUNNING');
    };
    for (;;) {
      await until(isAtRest);
      if (this.atTheTerminal.size === 0) break;
      // Time enough for a command's next step; one that waits for what does not come is left.
      await Promise.race([wait(60), Promise.all(this.atTheTerminal)]);
      if (!(await isAtRest())) continue;
      this.operator.leave();
      await Promise.all(this.atTheTerminal);
      this.operator = operatorOf(house);
    }
    timings.promotionSeconds = 60;
  }

  fail(isSick: boolean): void {
    this.isSick = isSick;
    this.healthyOn = this.house.consumers.get('api')?.runsOn;
  }

  /** What runs, works, unless somebody's hand or an accepted outage came between. */
  async lookAtTasks(when: string): Promise<void> {
    if (this.isExcused) return;
    for (const versionId of new Set(this.tasks)) {
      const credential = await this.credentialOf({ versionId });
      if (credential && !this.works(credential))
        this.broken.push(`${when}: a task runs on ${versionId}, which is refused`);
    }
  }

  async putByHand(change: Partial<Credential>): Promise<void> {
    this.isExcused = true;
    const current = await this.credentialOf({ label: 'AWSCURRENT' });
    const text = JSON.stringify({ ...current, ...change, host: 'memory.internal' });
    await this.house.store.put(this.house.secretArn, randomUUID(), SecretValue.of(text), 'AWSCURRENT');
  }

  /** AWSCURRENT goes to another version whose credential works. */
  async moveByHand(): Promise<void> {
    this.isExcused = true;
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
  'an operator rolls back': (estate) => command(estate, estate.operator.rollBack()),
  'an emergency': (estate) => command(estate, estate.operator.declareEmergency()),
  'an emergency, the outage accepted': (estate) => {
    estate.isExcused = true;
    return command(estate, estate.operator.declareEmergency({ acceptOutage: true }));
  },
  'somebody else deploys': (estate) => estate.deploy(),
  'the service scales out': (estate) => estate.scaleOut(),
  'the consumer fails': (estate) => estate.fail(true),
  'the consumer recovers': (estate) => estate.fail(false),
};
const actNames = Object.keys(acts);
const ignore = () => undefined;

function track(estate: Estate, work: Promise<unknown>): void {
  const settled: Promise<unknown> = work.catch(ignore).finally(() => estate.underWay.delete(settled));
  estate.underWay.add(settled);
}

/** A command has a moment to stop what runs; then both go on. */
async function command(estate: Estate, running: Promise<unknown>): Promise<void> {
  const left: Promise<unknown> = running.catch(ignore).finally(() => estate.atTheTerminal.delete(left));
  estate.atTheTerminal.add(left);
  await Promise.race([wait(15), left]);
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
      // As the commands wait for what a stopped attempt began: before they go back, and before they look at labels that go back.
      const others = () => [...house.invocations].filter(({ op }) => op !== point && op !== '');
      if (point === 'verify-predecessor') await until(() => others().length === 0);
      if (point === 'observe') await until(() => !others().some(({ op }) => goingBack.includes(op)));
      await estate.look(`before ${point}`);
      await estate.lookAtTasks(`before ${point}`);
      const index = due.findIndex(({ at }) => at === point);
      const [next] = index < 0 ? [] : due.splice(index, 1);
      if (next) await acts[next.act]?.(estate, payload);
    };
    if (this.what === 'rotate') await house.start().catch(ignore);
    else if (house.states.executionsOf().length > 0) await house.resume();
    await estate.settle();
    house.beforeInvoke = () => undefined;
    await estate.look(`after ${this}`);
    await estate.lookAtTasks(`after ${this}`);
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
          const estate = new Estate(house);
          await estate.deploy();
          await fc.asyncModelRun(() => ({ model: {}, real: estate }), sequence);
        } finally {
          await house.close();
        }
      }),
      { numRuns: Number(process.env['RACES'] ?? 120), interruptAfterTimeLimit: 25_000 },
    );
  },
);
