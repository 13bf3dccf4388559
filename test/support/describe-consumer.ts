import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Consumer, ConsumerVersion, Progress, Ticket } from '../../lib/core/consumer.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import type { AwsPlace } from '../../lib/core/statement.ts';

/** One consumer of its own for one test: healthy, and running on the secret's current version. */
export interface ConsumerEstate<Config> {
  /** With no more permissions than the facts ask for, for this config. */
  readonly consumer: Consumer<Config>;
  readonly config: Config;
  /** Makes a new current version of the secret that the consumer reads. Returns its id. */
  promote(): Promise<{ secretArn: string; versionId: string }>;
  /** The versions that living instances run on, stopping ones included, seen by other means than the consumer type's client. */
  runsOn(): Promise<string[]>;
  /** How often it was refreshed so far, by whomever. */
  restarts(): Promise<number>;
  /** Somebody else refreshes it. */
  deploy(): Promise<void>;
  /** From now on no instance that starts becomes well. */
  breakStarts(): void;
  /** Leaves no instance, on purpose. Left out where a consumer has no such state. */
  scaleToZero?(): Promise<void>;
  /** Takes it away. No error if it is gone. */
  remove(): Promise<void>;
}

/** A running platform (a simulator, a server) and the consumer type under test. */
export interface ConsumerHarness<Config> {
  estate(): Promise<ConsumerEstate<Config>>;
  /** Configs that the facts must refuse, by what is wrong with them. */
  readonly badConfigs: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** How long anything here may take on a slow machine. */
const patienceMs = 30_000;

/**
 * What every consumer type must do. The assertions look at the instances themselves: which version each of them read
 * when it started.
 *
 *     describeConsumer('ecs-service', startHarness);
 *
 * @param start starts the platform once for the whole suite; its harness's `stop` runs at the end.
 */
export function describeConsumer<Config>(name: string, start: () => Promise<ConsumerHarness<Config>>): void {
  describe(`consumer ${name}`, { timeout: 2 * patienceMs }, () => {
    let harness: ConsumerHarness<Config>;
    beforeAll(async () => {
      harness = await start();
    }, 120_000);
    afterAll(() => harness?.stop(), 60_000);

    const estates: ConsumerEstate<Config>[] = [];
    afterEach(async () => {
      for (const estate of estates.splice(0)) await estate.remove();
    });
    async function begin(): Promise<ConsumerEstate<Config>> {
      const estate = await harness.estate();
      estates.push(estate);
      return estate;
    }

    /** A consumer whose secret has just got a new version that it does not run on yet. */
    async function promoted(deadlineMs = patienceMs) {
      const estate = await begin();
      const { consumer, config } = estate;
      const [before] = await estate.runsOn();
      const version = await versionOf(estate, deadlineMs);
      return { estate, consumer, config, version, before };
    }

    describe('adopt', () => {
      it('finds nothing when nothing was started since the promotion, and starts nothing', async () => {
        const { estate, consumer, config, version, before } = await promoted();
        expect(await consumer.adopt(config, version)).toBeUndefined();
        expect(await estate.restarts()).toBe(0);
        expect(await estate.runsOn()).toEqual([before]);
      });

      it('does not take what was started before the promotion', async () => {
        const estate = await begin();
        await estate.deploy();
        await pass(5);
        const version = await versionOf(estate);
        expect(await estate.consumer.adopt(estate.config, version)).toBeUndefined();
      });

      it('takes what somebody else started after the promotion, so that there is one restart', async () => {
        const { estate, consumer, config, version } = await promoted();
        await pass(5);
        await estate.deploy();
        const ticket = present(await consumer.adopt(config, version));
        await converge(consumer, config, ticket);
        expect(await estate.runsOn()).toEqual([version.versionId]);
        expect(await estate.restarts()).toBe(1);
      });

      it('takes what it started itself, also when that is done', async () => {
        const { estate, consumer, config, version } = await promoted();
        const ticket = await consumer.start(config, version);
        await converge(consumer, config, present(await consumer.adopt(config, version)));
        expect(await consumer.adopt(config, version)).toEqual(ticket);
        expect(await estate.restarts()).toBe(1);
      });
    });

    describe('start', () => {
      it('returns a ticket that survives JSON and says which version', async () => {
        const { consumer, config, version } = await promoted();
        const ticket = await consumer.start(config, version);
        expect(ticket).toMatchObject(version);
        expect(JSON.parse(JSON.stringify(ticket))).toEqual(ticket);
      });
    });

    describe('progress', () => {
      it('is not converged while an instance lives that read the old version', async () => {
        const { estate, consumer, config, version, before } = await promoted();
        const ticket = await consumer.start(config, version);
        const seen = new Set<string>();
        for (const until = Date.now() + patienceMs; ; ) {
          // In this order: what lives after progress has looked, lived then too.
          const progress = await consumer.progress(config, ticket);
          const running = await estate.runsOn();
          seen.add(running.join());
          if (progress.state === 'converged') {
            expect(running).toEqual([version.versionId]);
            break;
          }
          expect(progress).toMatchObject({ state: 'pending', detail: expect.stringMatching(/\w/) });
          if (Date.now() > until) throw new Error(`never converged: ${JSON.stringify(progress)}`);
          await pass(10);
        }
        expect([...seen][0], 'the old instance was seen').toContain(before);
      });

      it('changes nothing, however often it is asked', async () => {
        const { estate, consumer, config, version } = await promoted();
        const ticket = await consumer.start(config, version);
        await converge(consumer, config, ticket);
        for (let time = 0; time < 3; time += 1) {
          expect(await consumer.progress(config, ticket)).toMatchObject({ state: 'converged' });
        }
        expect(await estate.restarts()).toBe(1);
      });

      it("follows somebody else's newer refresh", async () => {
        const { estate, consumer, config, version } = await promoted();
        const ticket = await consumer.start(config, version);
        await pass(5);
        await estate.deploy();
        await converge(consumer, config, ticket);
        expect(await estate.runsOn()).toEqual([version.versionId]);
      });

      it('is failed, with a reason, when no instance comes up until the deadline', async () => {
        const { estate, consumer, config, version, before } = await promoted(1_500);
        estate.breakStarts();
        const ticket = await consumer.start(config, version);
        const progress = await settle(consumer, config, ticket);
        expect(progress).toMatchObject({ state: 'failed', reason: expect.stringMatching(/\w/) });
        expect(await estate.runsOn()).toContain(before);
      });

      it('is still converged after the deadline', async () => {
        const { consumer, config, version } = await promoted();
        const ticket = await consumer.start(config, version);
        await converge(consumer, config, ticket);
        expect(await consumer.progress(config, { ...ticket, deadlineAtMs: Date.now() - 1 })).toMatchObject({
          state: 'converged',
        });
      });
    });

    describe('a consumer that cannot be judged is ConsumerUnfit', () => {
      const everyVerb = async ({ consumer, config }: ConsumerEstate<Config>, version: ConsumerVersion) => {
        const ticket: Ticket = { ...version };
        await unfit(consumer.adopt(config, version));
        await unfit(consumer.start(config, version));
        await unfit(consumer.progress(config, ticket));
      };

      it('when it is gone', async () => {
        const { estate, version } = await promoted();
        await estate.remove();
        await everyVerb(estate, version);
      });

      it('when it has no instance', async () => {
        const { estate, version } = await promoted();
        if (estate.scaleToZero === undefined) return;
        await estate.scaleToZero();
        await everyVerb(estate, version);
        expect(await estate.restarts()).toBe(0);
      });
    });

    describe('facts', () => {
      it('take a config as JSON and leave it as it is', async () => {
        const { consumer, config } = await begin();
        expect(consumer.facts.parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
      });

      it('refuse a config that is not one, and say where', async () => {
        const { consumer } = await begin();
        for (const [what, config] of Object.entries({ nothing: undefined, text: 'text', ...harness.badConfigs })) {
          const error = thrown(() => consumer.facts.parseConfig(config));
          expect(error.code, what).toBe('InvalidInput');
          expect(error.message, what).toMatch(/^config/);
        }
      });

      it('ask for nothing without consumers, and for no more with the same one twice', async () => {
        const { consumer, config } = await begin();
        const place: AwsPlace = { partition: 'aws', region: 'eu-west-1', account: '123456789012' };
        expect(consumer.facts.needs([], place)).toEqual([]);
        const once = consumer.facts.needs([config], place);
        expect(consumer.facts.needs([config, config], place)).toEqual(once);
        for (const action of once.flatMap(({ actions }) => actions)) expect(action).toMatch(/^[a-z-]+:[A-Za-z]+$/);
      });
    });
  });
}

async function versionOf<Config>(estate: ConsumerEstate<Config>, deadlineMs = patienceMs): Promise<ConsumerVersion> {
  const promoted = await estate.promote();
  // One clock here, so no skew is reckoned with; a millisecond tells what was started before.
  await pass(2);
  const promotedAtMs = Date.now();
  return { ...promoted, views: [], promotedAtMs, deadlineAtMs: promotedAtMs + deadlineMs };
}

/** The first answer that is not pending. */
async function settle<Config>(consumer: Consumer<Config>, config: Config, ticket: Ticket): Promise<Progress> {
  for (const until = Date.now() + patienceMs; ; ) {
    const progress = await consumer.progress(config, ticket);
    if (progress.state !== 'pending') return progress;
    if (Date.now() > until) throw new Error(`pending for ever: ${progress.detail}`);
    await pass(20);
  }
}

async function converge<Config>(consumer: Consumer<Config>, config: Config, ticket: Ticket): Promise<void> {
  expect(await settle(consumer, config, ticket)).toMatchObject({ state: 'converged' });
}

async function unfit(verb: Promise<unknown>): Promise<void> {
  await expect(verb).rejects.toMatchObject({ code: 'ConsumerUnfit', message: expect.stringMatching(/\w/) });
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected to be there, but is not');
  return value;
}

function thrown(act: () => unknown): KeyturnError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(KeyturnError);
    return error as KeyturnError;
  }
  throw new Error('nothing was thrown');
}
