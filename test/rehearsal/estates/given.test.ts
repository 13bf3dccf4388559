import { describe, expect, it } from 'vitest';
import { secretsOf } from '../../../lib/rehearsal/estates/declared.ts';
import { injectionsOf } from '../../../lib/rehearsal/estates/given.ts';
import { inventory } from '../support/inventory.ts';

const secrets = secretsOf(inventory);

describe('what a service is given', () => {
  it('are the views of a secret under the last part of their names', () => {
    expect(injectionsOf(secrets).get('shop/db/app')).toEqual({
      fields: { username: 'POSTGRES_USER', password: 'POSTGRES_PASSWORD' },
      urls: ['DATABASE_URL', 'DATABASE_REPLICA_URL', 'PGBOUNCER_URL'],
      variables: {
        DATABASE_URL: { secret: 'shop/DATABASE_URL' },
        DATABASE_REPLICA_URL: { secret: 'shop/DATABASE_REPLICA_URL' },
        PGBOUNCER_URL: { secret: 'shop/PGBOUNCER_URL' },
        POSTGRES_USER: { secret: 'shop/POSTGRES_USER' },
        POSTGRES_PASSWORD: { secret: 'shop/POSTGRES_PASSWORD' },
      },
    });
  });

  it('are the fields of a secret that has no views', () => {
    expect(injectionsOf(secrets).get('shop/aws/uploader')).toEqual({
      fields: { accessKeyId: 'UPLOADER_ACCESSKEYID', secretAccessKey: 'UPLOADER_SECRETACCESSKEY' },
      urls: [],
      variables: {
        UPLOADER_ACCESSKEYID: { secret: 'shop/aws/uploader', key: 'accessKeyId' },
        UPLOADER_SECRETACCESSKEY: { secret: 'shop/aws/uploader', key: 'secretAccessKey' },
      },
    });
  });

  it('has its whole name where two end alike', () => {
    const [database] = secrets;
    if (database === undefined) throw new Error('no secret');
    const views = { 'other/DATABASE_URL': 'postgresql://{username:url}:{password:url}@{host}/x' };
    const other = { name: 'other/db', declaration: { ...database.declaration, views } };
    const injections = injectionsOf([database, other]);
    expect(injections.get('other/db')?.urls).toEqual(['OTHER_DATABASE_URL']);
    expect(injections.get('shop/db/app')?.urls).toContain('SHOP_DATABASE_URL');
    expect(injections.get('shop/db/app')?.urls).toContain('PGBOUNCER_URL');
  });
});
