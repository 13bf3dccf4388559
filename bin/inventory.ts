import { type CheckDeclaration, type ConsumerDeclaration, defineInventory } from '../lib/inventory/types.ts';

/**
 * The secrets, their consumers and when to rotate: the one file to edit. `npx cdk synth` checks it and names every
 * mistake. What may stand here: lib/inventory/types.ts, and each kind's, consumer's and check's README.
 */
export const inventory = defineInventory({
  timeZone: 'Asia/Singapore',

  networks: {
    // Where the database is reached from.
    postgres: {
      subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
      securityGroupIds: ['sg-00000000000000001'],
    },
    // Where the services' health endpoints are reached from.
    http: {
      subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
      securityGroupIds: ['sg-00000000000000002'],
    },
  },

  policies: {
    // The 1st of each month at 03:00; Secrets Manager itself is the fallback from day 35 on.
    monthly: { schedule: 'cron(0 3 1 * ? *)', maximumAgeDays: 35 },
  },

  consumers: {
    api: buywhereService('api'),
    uploader: buywhereService('uploader'),
    worker: buywhereService('worker'),
  },

  secrets: {
    'buywhere/db/app': {
      kind: 'postgres',
      policy: 'monthly',
      target: {
        host: 'db.internal.buywhere.example',
        database: 'buywhere',
        user: 'app',
        adminSecret: 'buywhere/db/admin',
        replicas: [{ host: 'db-replica.internal.buywhere.example' }],
      },
      views: {
        'buywhere/DATABASE_URL': 'postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}',
        'buywhere/DATABASE_REPLICA_URL':
          'postgresql://{username:url}:{password:url}@db-replica.internal.buywhere.example:{port}/{dbname}',
        'buywhere/PGBOUNCER_URL':
          'postgresql://{username:url}:{password:url}@pgbouncer.internal.buywhere.example:6432/{dbname}',
        'buywhere/POSTGRES_USER': '{username}',
        'buywhere/POSTGRES_PASSWORD': { template: '{password}', userNameIn: 'buywhere/POSTGRES_USER' },
      },
      waves: [['worker'], ['api']],
    },
    'buywhere/aws/uploader': {
      kind: 'iam-access-key',
      policy: 'monthly',
      target: { userName: 'buywhere-uploader' },
      waves: [['worker', 'uploader']],
    },
  },
});

/** An ECS service of the cluster, well when it says so of itself. */
function buywhereService(service: string): ConsumerDeclaration {
  const health: CheckDeclaration = {
    type: 'http',
    config: { url: `https://${service}.internal.buywhere.example/health`, jsonField: { path: 'status', equals: 'ok' } },
  };
  return { type: 'ecs-service', config: { cluster: 'buywhere-api', service }, checks: [health] };
}
