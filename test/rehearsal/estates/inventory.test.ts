import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atBalancers, without } from '../../../lib/rehearsal/estates/aim.ts';
import { CannotStart } from '../../../lib/rehearsal/estates/cannot-start.ts';
import { servicesOf } from '../../../lib/rehearsal/estates/declared.ts';
import type { Estate } from '../../../lib/rehearsal/estates/estate.ts';
import { startBareEstate } from '../support/bare-estate.ts';
import { inventory } from '../support/inventory.ts';

const urls = { api: 'http://127.0.0.1:1001', uploader: 'http://127.0.0.1:1002', worker: 'http://127.0.0.1:1003' };

describe('an inventory, aimed at this machine', () => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await startBareEstate();
  });
  afterAll(() => estate.close());

  it('keeps names, policies, waves and networks as they are', () => {
    const aimed = estate.inventory;
    expect(aimed.policies).toEqual(inventory.policies);
    expect(aimed.networks).toEqual(inventory.networks);
    expect(Object.keys(aimed.secrets)).toEqual(Object.keys(inventory.secrets));
    expect(aimed.secrets['shop/db/app']?.waves).toEqual([['worker'], ['api']]);
    expect(aimed.secrets['shop/aws/uploader']).toEqual(inventory.secrets['shop/aws/uploader']);
  });

  it('has its database, verified by its own CA, in the target and in every view', () => {
    const secret = estate.inventory.secrets['shop/db/app'];
    expect(secret?.target).toMatchObject({
      host: '127.0.0.1',
      tls: { ca: expect.stringContaining('BEGIN CERTIFICATE') },
      replicas: [{ host: '127.0.0.1', port: expect.any(Number) }],
      user: 'app',
      database: 'shop',
    });
    const [replica] = (secret?.target as { replicas: { port: number }[] } | undefined)?.replicas ?? [];
    const login = 'postgresql://{username:url}:{password:url}';
    expect(secret?.views).toMatchObject({
      'shop/DATABASE_URL': `${login}@{host}:{port}/{dbname}`,
      'shop/DATABASE_REPLICA_URL': `${login}@127.0.0.1:${replica?.port}/{dbname}`,
      'shop/PGBOUNCER_URL': `${login}@{host}:{port}/{dbname}`,
      'shop/POSTGRES_USER': '{username}',
      'shop/POSTGRES_PASSWORD': { template: '{password}', userNameIn: 'shop/POSTGRES_USER' },
    });
  });
});

it('asks each service for its health at its balancer', () => {
  expect(atBalancers(inventory, urls).consumers['api']?.checks[0]?.config).toMatchObject({
    url: 'http://127.0.0.1:1001/health',
    jsonField: { path: 'status', equals: 'ok' },
  });
});

it('says which service uses which secret', () => {
  const seen = servicesOf(inventory).map(({ name, secrets }) => [name, ...secrets.map((secret) => secret.name)]);
  expect(seen).toEqual([
    ['api', 'shop/db/app'],
    ['uploader', 'shop/aws/uploader'],
    ['worker', 'shop/db/app', 'shop/aws/uploader'],
  ]);
});

it('without a secret, an inventory has no consumers left that used nothing else', () => {
  const rest = without(inventory, new Set(['shop/aws/uploader']));
  expect(Object.keys(rest.secrets)).toEqual(['shop/db/app']);
  expect(Object.keys(rest.consumers)).toEqual(['api', 'worker']);
});

it('a consumer that nothing could be told of is refused in words', () => {
  const consumers = { ...inventory.consumers, api: { ...inventory.consumers['api'], checks: [] } };
  expect(() => servicesOf({ ...inventory, consumers } as typeof inventory)).toThrow(CannotStart);
  expect(() => servicesOf({ ...inventory, consumers } as typeof inventory)).toThrow('consumer api has no check');
});
