import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { House } from '../support/house.ts';
import { buildCliEstate, type CliEstate, documentedPolicy } from './estate.ts';

// What an emergency does to the rollouts stands in ../core/scenarios/emergency.test.ts.
let estate: CliEstate;
let house: House;

beforeEach(async () => {
  estate = await buildCliEstate();
  house = estate.house;
  for (const [name, value] of Object.entries(estate.env)) vi.stubEnv(name, value);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  const calls = estate.operatorCalls();
  await estate.close();
  expect(calls.filter(({ operation, denied }) => denied || operation === 'GetSecretValue')).toEqual([]);
});

const rotate = (...more: string[]) => estate.run(['rotate', 'house/db', '--reason', 'it leaked', ...more]);

/** What changes something, in the operator's own calls. */
const changes = () =>
  estate
    .operatorCalls()
    .map(({ operation }) => operation)
    .filter((operation) => !/^(?:Get|List|Describe)/.test(operation));

async function soaking(): Promise<string> {
  estate.deploy({ timings: { ...house.entry.timings, soakSeconds: 60 } });
  const versionId = await house.start();
  await vi.waitFor(() => {
    const [execution] = house.states.executionsOf();
    expect(JSON.stringify(execution?.history.events)).toContain('"Soak"');
  });
  return versionId;
}

describe('keyturn rotate --emergency', () => {
  it('declares it, on record and on the secret, before it rotates', async () => {
    const { code, out, err } = await rotate('--emergency', '--watch');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const { AWSCURRENT: versionId } = await house.labelsOf();
    expect(out[0]).toBe(`house/db: emergency rotation started (consumers-first), version ${versionId}`);
    expect(out.at(-1)).toMatch(/retired: the old credential is refused$/);
    expect(changes()).toEqual(['PutObject', 'TagResource', 'RotateSecret']);
    expect(JSON.parse(await estate.recorded(`rollouts/house/db/${versionId}/request.json`))).toMatchObject({
      emergency: 'consumers-first',
      reason: 'it leaked',
      requestedBy: 'arn:aws:iam::123456789012:user/operator',
    });
    const [row] = JSON.parse((await estate.run(['status', '--json'])).out.join('\n'));
    expect(row).toMatchObject({ phase: 'idle', lastResult: { result: 'retired', reason: 'it leaked' } });
  });

  it('ends an open rollout first, and says so', async () => {
    const first = await soaking();
    const { code, out } = await rotate('--emergency', '--json', '--watch');
    expect(code).toBe(0);
    const events = out.map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ event: 'ending', versionId: first, attempt: 2, emergency: 'consumers-first' });
    expect(events.filter(({ event }) => event === 'started')).toMatchObject([
      { versionId: expect.stringMatching(/^emergency-/), reason: 'it leaked', emergency: 'consumers-first' },
    ]);
    expect(events.filter(({ event }) => event === 'ended').map(({ result }) => result)).toEqual(['retired', 'retired']);
    expect(changes()).toEqual([
      // The name of the first attempt is taken: the second start is the next one.
      ...['PutObject', 'TagResource', 'StopExecution', 'StartExecution', 'StartExecution'],
      ...['PutObject', 'TagResource', 'RotateSecret'],
    ]);
    expect(JSON.parse(await estate.recorded(`rollouts/house/db/${first}/emergency-2.json`))).toMatchObject({
      emergency: 'consumers-first',
      reason: 'it leaked',
    });
  });

  it('disables first when the outage is accepted', async () => {
    const { code, out } = await rotate('--emergency', '--accept-outage', '--watch');
    expect(code).toBe(0);
    const phases = out.map((line) => line.slice(10));
    expect(phases.indexOf('disabling first')).toBeGreaterThan(0);
    expect(phases.indexOf('disabling first')).toBeLessThan(phases.indexOf('refreshing consumers'));
  });

  it('says with exit code 1 that it has not ended, and what can be done', async () => {
    const api = house.consumers.get('api');
    const { AWSCURRENT: old } = await house.labelsOf();
    if (api)
      api.progressOf = ({ versionId }) =>
        versionId === old ? { state: 'converged', detail: 'up' } : { state: 'failed', reason: 'crash loop' };
    const { code, err } = await rotate('--emergency', '--watch');
    expect({ code, err }).toEqual({ code: 1, err: [expect.stringContaining('or now with --accept-outage')] });
  });

  it.each([
    [['--accept-outage'], 2, 'keyturn: --accept-outage belongs to --emergency; without it nothing goes out'],
    [['--emergency', '--reason', ' '], 2, 'keyturn: --reason is empty; say why, for the record'],
  ])('refuses %j with one line', async (argv, code, line) => {
    expect(await rotate(...argv)).toEqual({ code, out: [], err: [line] });
    expect(changes()).toEqual([]);
  });

  it.each(['secretsmanager:TagResource', 's3:PutObject'])(
    'stops without the permission %s before anything is rotated: who may rotate may not declare an emergency by that',
    async (action) => {
      const policy = await documentedPolicy();
      const deny = { Effect: 'Deny', Action: action, Resource: '*' } as const;
      const env = await estate.envOf('somebody', { ...policy, Statement: [...[policy.Statement].flat(), deny] });
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const before = await house.labelsOf();
      const { code, err } = await rotate('--emergency');
      expect({ code, err }).toEqual({ code: 2, err: [expect.stringContaining(action)] });
      expect(await house.labelsOf()).toEqual(before);
    },
  );
});
