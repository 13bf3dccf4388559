import { defineInventory, type Inventory } from '../../lib/inventory/types.ts';

/** A small inventory without mistakes, of both kinds, for tests to break. */
export function wellFormed(): Inventory {
  return defineInventory({
    timeZone: 'Asia/Singapore',
    policies: { monthly: { schedule: 'cron(0 3 1 * ? *)', maximumAgeDays: 35 } },
    consumers: { api: service('api'), worker: service('worker') },
    secrets: {
      'app/db': {
        kind: 'postgres',
        policy: 'monthly',
        target: { host: 'db.internal', database: 'app', user: 'app', adminSecret: 'app/db-admin' },
        views: {
          'app/DATABASE_URL': 'postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}',
          'app/DB_USER': '{username}',
          'app/DB_PASSWORD': { template: '{password}', userNameIn: 'app/DB_USER' },
        },
        waves: [['worker'], ['api']],
      },
      'app/key': {
        kind: 'iam-access-key',
        policy: 'monthly',
        target: { userName: 'uploader' },
        waves: [['worker']],
      },
    },
  });
}

function service(name: string): Inventory['consumers'][string] {
  return {
    type: 'ecs-service',
    config: { cluster: 'main', service: name },
    checks: [{ type: 'http', config: { url: `https://${name}.internal/health` } }],
  };
}

/** A copy with the value at a path replaced; `undefined` takes it out. Paths as keys, because names hold dots and slashes. */
export function changed(inventory: Inventory, keys: readonly (string | number)[], value: unknown): Inventory {
  const copy: unknown = structuredClone(inventory);
  let place = copy as Record<string | number, unknown>;
  for (const key of keys.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  const last = keys.at(-1) ?? '';
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy as Inventory;
}
