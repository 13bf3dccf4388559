import { describe, expect, it, vi } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import type { Kind } from '../../lib/core/kind.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import type { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import { buildCliEstate } from '../cli/estate.ts';
import { crash } from '../crash/crash.ts';
import { harnessOf } from '../crash/enumerate.ts';
import { realClock } from '../support/clocks.ts';
import { buildHouse, firstPassword, type House } from '../support/house.ts';

// Every test with a house searches all that it wrote for every secret, at its end. Here it is shown that the search sees.

const plants: [channel: string, plant: (house: House) => unknown][] = [
  [
    'errors',
    async (house) => {
      const cause = Object.assign(new Error('refused'), { parameters: [firstPassword] });
      house.beforeInvoke = () => {
        throw new KeyturnError('TargetFailed', 'install failed', { cause });
      };
      await house.start();
      while (house.isRotating()) await new Promise((resolve) => setTimeout(resolve, 2));
    },
  ],
  [
    'errors',
    async (house) => {
      house.parts.entryOf = async () => {
        throw new Error(`no entry of ${firstPassword}`);
      };
      await expect(house.step('setSecret', 'x'.repeat(32))).rejects.toThrow();
    },
  ],
  [
    'records of rotations',
    async (house) => {
      house.beforeInvoke = () => {
        throw new KeyturnError('TargetFailed', `CREATE USER app IDENTIFIED BY '${firstPassword}'`);
      };
      await house.start();
      while (house.isRotating()) await new Promise((resolve) => setTimeout(resolve, 2));
    },
  ],
  [
    'executions and their histories',
    (house) => {
      const detail = Buffer.from(`app:${firstPassword}`).toString('base64');
      for (const consumer of house.consumers.values()) consumer.progressOf = () => ({ state: 'converged', detail });
      return house.turn();
    },
  ],
  [
    'evidence',
    (house) => {
      const reason = `GET https://app:${encodeURIComponent(firstPassword)}@api/health`;
      for (const consumer of house.consumers.values()) consumer.progressOf = () => ({ state: 'failed', reason });
      return house.turn();
    },
  ],
  [
    'events',
    async ({ world }) => {
      world.emit({ source: 'keyturn', 'detail-type': 'x', resources: [], detail: { password: firstPassword } });
      await new Promise((resolve) => setImmediate(resolve));
    },
  ],
  ['notifications', ({ messages }) => messages.push(`Keyturn: ${firstPassword} was held`)],
  ['parameters', (house) => Object.assign(house.entry, { target: { password: firstPassword } })],
  ["secrets' names and tags", ({ store, secretArn }) => store.tag(secretArn, 'keyturn:intent', firstPassword)],
  [
    'the log of calls',
    ({ world }) =>
      world
        .perform(world.identities.rootPrincipal, 'secretsmanager', 'DescribeSecret', { SecretId: firstPassword })
        .catch(() => undefined),
  ],
  ['the terminal', ({ alsoWritten }) => alsoWritten.push(() => ({ name: 'the terminal', text: firstPassword }))],
];

it.each(plants)('a secret that stands in %s is found', async (channel, plant) => {
  const house = await buildHouse({ rotationAttempts: 1, taskRetries: false });
  await plant(house);
  await expect(house.close()).rejects.toThrow(`password of house/db in ${channel} (`);
});

it('a house that turned leaks nothing, and one that failed neither', async () => {
  const house = await buildHouse();
  expect((await house.turn()).status).toBe('SUCCEEDED');
  for (const consumer of house.consumers.values())
    consumer.healthOf = () => ({ state: 'unhealthy', reason: 'answered 503' });
  expect((await house.turn()).status).toBe('FAILED');
  await house.close();
});

it('the credentials of earlier versions are searched for, in any form and by any part', async () => {
  const house = await buildHouse();
  await house.turn();
  await house.turn();
  const { password } = JSON.parse(firstVersionOf(house)) as { password: string };
  expect(password).toBe(firstPassword);
  house.messages.push([...password].reverse().join('').slice(0, 12));
  await expect(house.close()).rejects.toThrow('in notifications (reversed)');
});

it('the admin’s password is searched for too', async () => {
  const { kind, close } = await buildHouse();
  await close();
  const admin = SecretValue.of(JSON.stringify({ username: 'admin', password: 'pass/adm1n-Wc8LpTz' }));
  const house = await buildHouse({
    estate: {
      kind: { ...kind, facts: { ...kind.facts, adminSecretOf: () => 'db/admin' } } as Kind,
      target: {},
      initial: SecretValue.of(JSON.stringify({ name: 'app', password: firstPassword })),
      adminSecret: { name: 'db/admin', value: admin },
      clock: realClock,
    },
  });
  house.messages.push(admin.reveal());
  await expect(house.close()).rejects.toThrow('password of db/admin in notifications (');
});

function firstVersionOf({ world, secretArn }: House): string {
  const secret = world
    .service<SecretsManager>('secretsmanager')
    .secrets()
    .find(({ arn }) => arn === secretArn);
  const data = secret?.versions.values().next().value?.data;
  return data && 'SecretString' in data ? data.SecretString : '';
}

describe('a command', () => {
  it('that prints a secret is found', async () => {
    const estate = await buildCliEstate();
    for (const [name, value] of Object.entries(estate.env)) vi.stubEnv(name, value);
    await estate.run(['status', firstPassword]);
    vi.unstubAllEnvs();
    await expect(estate.close()).rejects.toThrow('password of house/db in the terminal (');
  });

  it('that records one is found', async () => {
    const estate = await buildCliEstate();
    for (const [name, value] of Object.entries(estate.env)) vi.stubEnv(name, value);
    await estate.run(['rotate', 'house/db', '--reason', `${firstPassword} is known`]);
    vi.unstubAllEnvs();
    await expect(estate.close()).rejects.toThrow('password of house/db in the evidence bucket (');
  });

  it('that finds one in the parameters is found', async () => {
    const estate = await buildCliEstate();
    estate.deploy({ noConsumers: firstPassword });
    await expect(estate.close()).rejects.toThrow('password of house/db in the parameters (');
  });
});

it('a secret in the log of a crashed run’s target breaks a law', async () => {
  const harness = await harnessOf('iam-access-key');
  let value = '';
  const talkative = {
    ...harness,
    async estate() {
      const estate = await harness.estate();
      value = (JSON.parse(estate.current.reveal()) as { secretAccessKey: string }).secretAccessKey;
      return estate;
    },
    log: async () => async () => `request of ${value}`,
  };
  const { broken } = await crash(talkative, {
    course: 'rotation',
    index: 3,
    mode: 'killed after',
    continuation: 'retried',
  });
  await harness.stop();
  expect(broken).toEqual(['leaked: secretAccessKey of house/db in the target’s log (raw)']);
});
