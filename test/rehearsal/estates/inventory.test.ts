import { describe, expect, it } from 'vitest';
import { inventory } from '../../../bin/inventory.ts';
import { readDeclared } from '../../../lib/rehearsal/estates/buywhere/declared.ts';
import { atBalancers, atDatabase } from '../../../lib/rehearsal/estates/buywhere/inventory.ts';
import { CannotStart } from '../../../lib/rehearsal/estates/cannot-start.ts';
import { createCertificateAuthority } from '../../../lib/rehearsal/estates/certificates.ts';

const place = { host: '127.0.0.1', port: 54_321, ca: createCertificateAuthority().certificate };
const urls = { api: 'http://127.0.0.1:1001', uploader: 'http://127.0.0.1:1002', worker: 'http://127.0.0.1:1003' };

describe('bin/inventory.ts, aimed at this machine', () => {
  const aimed = atBalancers(atDatabase(inventory, place), urls);

  it('keeps names, policies, waves and networks as they are', () => {
    expect(aimed.policies).toEqual(inventory.policies);
    expect(aimed.networks).toEqual(inventory.networks);
    expect(Object.keys(aimed.secrets)).toEqual(Object.keys(inventory.secrets));
    expect(aimed.secrets['buywhere/db/app']?.waves).toEqual([['worker'], ['api']]);
    expect(aimed.secrets['buywhere/aws/uploader']).toEqual(inventory.secrets['buywhere/aws/uploader']);
  });

  it('has its database, verified by its own CA, in the target and in every view', () => {
    const secret = aimed.secrets['buywhere/db/app'];
    expect(secret?.target).toMatchObject({
      host: '127.0.0.1',
      port: 54_321,
      tls: { ca: place.ca },
      replicas: [],
      user: 'app',
      database: 'buywhere',
    });
    const url = 'postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}';
    expect(secret?.views).toMatchObject({
      'buywhere/DATABASE_URL': url,
      'buywhere/DATABASE_REPLICA_URL': url,
      'buywhere/PGBOUNCER_URL': url,
      'buywhere/POSTGRES_USER': '{username}',
      'buywhere/POSTGRES_PASSWORD': { template: '{password}', userNameIn: 'buywhere/POSTGRES_USER' },
    });
  });

  it('asks each service for its health at its balancer', () => {
    expect(aimed.consumers['api']?.checks[0]?.config).toMatchObject({
      url: 'http://127.0.0.1:1001/health',
      jsonField: { path: 'status', equals: 'ok' },
    });
  });

  it('says which service uses which secret', () => {
    expect(readDeclared(aimed).services).toMatchObject([
      { name: 'api', usesDatabase: true, usesAccessKey: false, healthPath: '/health' },
      { name: 'uploader', usesDatabase: false, usesAccessKey: true },
      { name: 'worker', usesDatabase: true, usesAccessKey: true },
    ]);
  });
});

it('an inventory that the sample estate cannot stand in for is refused in words', () => {
  const { 'buywhere/aws/uploader': _, ...secrets } = inventory.secrets;
  expect(() => readDeclared({ ...inventory, secrets })).toThrow(CannotStart);
  expect(() => readDeclared({ ...inventory, secrets })).toThrow('one secret of the kind iam-access-key');
});
