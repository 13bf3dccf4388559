import { beforeEach, expect, it } from 'vitest';
import type { Inventory } from '../../../lib/inventory/types.ts';
import { CannotStart } from '../../../lib/rehearsal/estates/cannot-start.ts';
import type { DeclaredService } from '../../../lib/rehearsal/estates/declared.ts';
import { databaseAway } from '../../../lib/rehearsal/faults/database-away.ts';
import type { Targets } from '../../../lib/rehearsal/stand-ins/stand-in.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';

const postgresAt = (host: string) => ({ kind: 'postgres', target: { host, port: 5432 } });
const declared = {
  'shop/key': { kind: 'http-api-key', target: {} },
  'shop/db': postgresAt('one'),
  'shop/reports': postgresAt('one'),
  'shop/other': postgresAt('two'),
};
const inventory = { secrets: declared } as unknown as Inventory;
const serviceOf = (name: string, ...secrets: (keyof typeof declared)[]) => ({
  name,
  secrets: secrets.map((secret) => ({ name: secret, declaration: declared[secret] })),
});
const services = [
  serviceOf('api', 'shop/key', 'shop/db'),
  serviceOf('reports', 'shop/reports'),
  serviceOf('mailer', 'shop/key', 'shop/other'),
] as unknown as DeclaredService[];
const world = {
  service: () => ({ watch: (name: string, hear: (event: unknown) => void) => void listeners.set(name, hear) }),
} as unknown as SimulatedWorld;
const arnOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;

let listeners: Map<string, (event: unknown) => void>;
let away: string[];
beforeEach(() => {
  listeners = new Map();
  away = [];
});

function begin(goAway: NonNullable<Targets['goAway']> = async ({ name }) => void away.push(name)) {
  const targetsOf = (kind: string) => (kind === 'postgres' ? { goAway } : {}) as Targets;
  return databaseAway({ world, inventory, services, targetsOf });
}
const setSecret = (name: string) =>
  listeners.get('keyturn-rotate-postgres')?.({ SecretId: arnOf(name), Step: 'setSecret' });
const disable = (name: string) => listeners.get('keyturn-retire-postgres')?.({ secretArn: arnOf(name), op: 'disable' });

it('takes the server of one secret away in its setSecret and in its disabling, once each', async () => {
  const expectation = begin();
  listeners.get('keyturn-rotate-postgres')?.({ SecretId: arnOf('shop/db'), Step: 'createSecret' });
  setSecret('shop/other');
  disable('shop/other');
  expect(away).toEqual([]);
  setSecret('shop/db');
  setSecret('shop/db');
  expect(away).toEqual(['shop/db']);
  expect(expectation.missed?.()).toEqual(['the server of shop/db went away 1 times, not 2']);
  disable('shop/db');
  expect(away).toEqual(['shop/db', 'shop/db']);
  expect(expectation.missed?.()).toEqual([]);
});

it('tells when nobody can be expected to answer', async () => {
  let comeBack = () => {};
  const expectation = begin(() => new Promise<void>((resolve) => (comeBack = resolve)));
  const startedMs = Date.now();
  setSecret('shop/db');
  expect(expectation.outages?.()).toEqual([
    { services: ['api', 'reports'], fromMs: expect.any(Number), toMs: expect.any(Number) },
  ]);
  comeBack();
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  const [outage] = expectation.outages?.() ?? [];
  expect(outage?.fromMs).toBeGreaterThanOrEqual(startedMs);
  expect(outage?.toMs).toBeLessThan(Date.now());
});

it('tells that a server did not come back', async () => {
  const expectation = begin(() => Promise.reject(new Error('no port')));
  setSecret('shop/db');
  disable('shop/db');
  await new Promise((resolve) => setImmediate(resolve));
  expect(expectation.missed?.()).toEqual(Array(2).fill('the server of shop/db did not come back'));
});

it('needs a server that can go away', () => {
  const targetsOf = () => ({}) as Targets;
  expect(() => databaseAway({ world, inventory, services, targetsOf })).toThrow(CannotStart);
});
