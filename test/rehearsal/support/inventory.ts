import { type ConsumerDeclaration, defineInventory } from '../../../lib/inventory/types.ts';

/** A small estate: a database login with five views, an access key, and services that use one, the other or both. */
export const inventory = defineInventory({
  timeZone: 'UTC',
  policies: { monthly: { schedule: 'cron(0 3 1 * ? *)', maximumAgeDays: 35 } },
  consumers: { api: service('api'), uploader: service('uploader'), worker: service('worker') },
  secrets: {
    'shop/db/app': {
      kind: 'postgres',
      policy: 'monthly',
      target: {
        host: 'db.shop.example',
        database: 'shop',
        user: 'app',
        adminSecret: 'shop/db/admin',
        replicas: [{ host: 'replica.shop.example' }],
      },
      views: {
        'shop/DATABASE_URL': 'postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}',
        'shop/DATABASE_REPLICA_URL': 'postgresql://{username:url}:{password:url}@replica.shop.example:{port}/{dbname}',
        'shop/PGBOUNCER_URL': 'postgresql://{username:url}:{password:url}@pgbouncer.shop.example:6432/{dbname}',
        'shop/POSTGRES_USER': '{username}',
        'shop/POSTGRES_PASSWORD': { template: '{password}', userNameIn: 'shop/POSTGRES_USER' },
      },
      waves: [['worker'], ['api']],
    },
    'shop/aws/uploader': {
      kind: 'iam-access-key',
      policy: 'monthly',
      target: { userName: 'shop-uploader' },
      waves: [['worker', 'uploader']],
    },
  },
});

function service(name: string): ConsumerDeclaration {
  const url = `https://${name}.shop.example/health`;
  return {
    type: 'ecs-service',
    config: { cluster: 'shop', service: name },
    checks: [{ type: 'http', config: { url, jsonField: { path: 'status', equals: 'ok' } } }],
  };
}
