import {
  type CheckDeclaration,
  type ConsumerDeclaration,
  defineInventory,
  type Inventory,
  type SecretDeclaration,
} from '../lib/inventory/types.ts';

type Estate = Pick<Inventory, 'consumers' | 'secrets'>;

const production = buywhere({ name: 'production', replica: 'db-replica', hasOwnNames: true });
const staging = buywhere({ name: 'staging', replica: 'db', hasOwnNames: false });

/**
 * The secrets, their consumers and when to rotate: the one file to edit. `npx cdk synth` checks it and names every
 * mistake. What may stand here: lib/inventory/types.ts, and each kind's, consumer's and check's README.
 */
export const inventory = defineInventory({
  timeZone: 'UTC',

  networks: {
    // Where the databases are reached from.
    postgres: network('sg-00000000000000001'),
    redis: network('sg-00000000000000001'),
    // Providers and health endpoints: subnets with a way out.
    'http-api-key': network('sg-00000000000000002'),
    'key-set': network('sg-00000000000000002'),
    http: network('sg-00000000000000002'),
  },

  policies: {
    // The 1st of each month, staging before production; Secrets Manager itself is the fallback from day 35 on.
    staging: { schedule: 'cron(0 0 1 * ? *)', maximumAgeDays: 35 },
    production: { schedule: 'cron(0 4 1 * ? *)', maximumAgeDays: 35 },
  },

  consumers: { ...production.consumers, ...staging.consumers },
  secrets: { ...production.secrets, ...staging.secrets },
});

function network(securityGroup: string) {
  return { subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'], securityGroupIds: [securityGroup] };
}

interface Environment {
  name: 'production' | 'staging';
  /** The host of the database that reads go to: staging has no replica. */
  replica: 'db' | 'db-replica';
  /** Production's secrets are `buywhere/…`, staging's `buywhere/staging/…`. */
  hasOwnNames: boolean;
}

/** One environment: the sources that rotate, and as their views the ten secrets that services read. */
function buywhere({ name, replica, hasOwnNames }: Environment): Estate {
  const secret = (last: string) => (hasOwnNames ? `buywhere/${last}` : `buywhere/${name}/${last}`);
  const consumer = (service: string) => (hasOwnNames ? service : `${service}-${name}`);
  const host = (service: string) => `${service}.${name}.buywhere.example`;
  const service = (which: string) => ecsService(consumer(which), `https://${host(which)}/health`);
  const [api, worker, reports] = ['api', 'worker', 'reports'].map(consumer) as [string, string, string];
  const url = 'postgresql://{username:url}:{password:url}';

  const secrets: Record<string, SecretDeclaration> = {
    [secret('db/app')]: {
      kind: 'postgres',
      policy: name,
      target: {
        host: host('db'),
        database: 'buywhere',
        user: 'app',
        adminSecret: secret('db/admin'),
        replicas: replica === 'db' ? [] : [{ host: host(replica) }],
        poolers: [
          {
            host: host('pgbouncer'),
            consoleSecret: secret('db/pgbouncer-console'),
            auth: 'query',
            tls: { plaintext: 'the pooler is asked within the VPC, from the functions’ own subnets' },
          },
        ],
      },
      views: {
        [secret('DATABASE_URL')]: `${url}@{host}:{port}/{dbname}`,
        [secret('DATABASE_REPLICA_URL')]: `${url}@${host(replica)}:{port}/{dbname}`,
        [secret('PGBOUNCER_URL')]: `${url}@${host('pgbouncer')}:6432/{dbname}`,
        // The user name stands beside it: it alternates.
        [secret('POSTGRES_PASSWORD')]: { template: '{password}', userNameIn: secret('DATABASE_URL') },
      },
      waves: [[worker], [api, reports]],
    },
    [secret('redis/app')]: {
      kind: 'redis',
      policy: name,
      target: {
        host: host('redis'),
        nodes: [{ host: host('redis-1') }, { host: host('redis-2') }],
        user: 'app',
        adminSecret: secret('redis/admin'),
      },
      views: { [secret('REDIS_URL')]: 'rediss://{username:url}:{password:url}@{host}:{port}' },
      waves: [[worker, api]],
    },
    [secret('r2/uploads')]: {
      kind: 'http-api-key',
      policy: name,
      target: {
        provider: 'cloudflare-r2',
        adminSecret: secret('cloudflare/admin'),
        parameters: {
          account: '0123456789abcdef0123456789abcdef',
          bucket: `buywhere-uploads-${name}`,
          policies: [
            {
              effect: 'allow',
              permission_groups: [{ id: '2efd5506f9c8494dacb1fa10a3e7d5b6' }],
              resources: {
                [`com.cloudflare.edge.r2.bucket.0123456789abcdef0123456789abcdef_default_buywhere-uploads-${name}`]:
                  '*',
              },
            },
          ],
        },
        noLastUse: 'every consumer is refreshed and proven healthy on the new pair before the old one goes',
      },
      views: {
        [secret('R2_ACCESS_KEY_ID')]: '{accessKeyId}',
        [secret('R2_SECRET_ACCESS_KEY')]: {
          template: '{secretAccessKey}',
          userNameIn: secret('R2_ACCESS_KEY_ID'),
        },
      },
      waves: [[worker, api]],
    },
    [secret('typesense/search')]: {
      kind: 'http-api-key',
      policy: name,
      target: {
        provider: 'typesense',
        adminSecret: secret('typesense/admin'),
        parameters: { actions: ['documents:search'], collections: ['products'], collection: 'products' },
        origins: { api: `https://${host('search')}:8108` },
        noLastUse: 'every consumer is refreshed and proven healthy on the new key before the old one goes',
      },
      views: { [secret('TYPESENSE_API_KEY')]: '{value}' },
      waves: [[api]],
    },
    // A list of the keys that are accepted, the one in use first: who verifies knows each key before anybody uses it.
    [secret('jwt')]: {
      kind: 'key-set',
      policy: name,
      target: {
        algorithm: 'HS256',
        maximumTokenLifeSeconds: 86_400,
        claims: { iss: 'buywhere' },
        verifiers: [{ url: `https://${host('api')}/me` }],
      },
      views: { [secret('JWT_SECRET_KEY')]: '{acceptedKeys}' },
      waves: [[worker, api]],
    },
    [secret('api-key')]: {
      kind: 'key-set',
      policy: name,
      target: {
        algorithm: 'opaque',
        holdersFetchWithinSeconds: 604_800,
        prefix: 'bw_',
        verifiers: [{ url: `https://${host('api')}/partners/me` }],
      },
      views: { [secret('BUYWHERE_API_KEY')]: '{acceptedKeys}' },
      waves: [[worker, api]],
    },
  };
  return {
    consumers: { [api]: service('api'), [worker]: service('worker'), [reports]: service('reports') },
    secrets,
  };
}

/** An ECS service of the cluster, well when it says so of itself. */
function ecsService(service: string, url: string): ConsumerDeclaration {
  const health: CheckDeclaration = { type: 'http', config: { url, jsonField: { path: 'status', equals: 'ok' } } };
  return { type: 'ecs-service', config: { cluster: 'buywhere-api', service }, checks: [health] };
}
