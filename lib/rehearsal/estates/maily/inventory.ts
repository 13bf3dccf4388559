import { type ConsumerDeclaration, defineInventory } from '../../../inventory/types.ts';

const health = (service: string) => `https://${service}.mailyapp.example/health`;

/** Maily's table of secrets: each sort of credential with its frequency. */
export const inventory = defineInventory({
  timeZone: 'UTC',

  policies: {
    monthly: { schedule: 'cron(0 2 1 * ? *)', maximumAgeDays: 35 },
    biannually: { schedule: 'cron(0 4 3 1,7 ? *)', maximumAgeDays: 190 },
    quarterly: { schedule: 'cron(0 3 2 1,4,7,10 ? *)', maximumAgeDays: 95 },
  },

  consumers: {
    api: service('api'),
    'email-service': service('email-service'),
    'ai-service': service('ai-service'),
    queue: service('queue'),
  },

  secrets: {
    'maily/database': {
      kind: 'mysql',
      policy: 'monthly',
      target: {
        engine: 'mariadb',
        host: 'db.mailyapp.example',
        database: 'maily',
        user: 'maily',
        adminSecret: 'maily/database-admin',
      },
      views: { 'maily/DATABASE_URL': 'mysql://{username:url}:{password:url}@{host}:{port}/{dbname}' },
      waves: [['email-service'], ['api']],
    },
    'maily/redis': {
      kind: 'redis',
      policy: 'monthly',
      target: {
        host: 'redis.mailyapp.example',
        nodes: [{ host: 'redis.mailyapp.example' }],
        user: 'maily',
        adminSecret: 'maily/redis-admin',
      },
      views: { 'maily/REDIS_URL': 'rediss://{username:url}:{password:url}@{host}:{port}' },
      waves: [['api', 'ai-service'], ['queue']],
    },
    'maily/sendgrid': {
      kind: 'http-api-key',
      policy: 'quarterly',
      target: {
        provider: 'sendgrid',
        adminSecret: 'maily/sendgrid-admin',
        parameters: { scopes: ['mail.send'] },
        noLastUse: 'every consumer is refreshed and proven healthy on the new key before the old one goes',
      },
      views: { 'maily/SENDGRID_API_KEY': '{value}' },
      waves: [['email-service']],
    },
    'maily/jwt': {
      kind: 'key-set',
      policy: 'biannually',
      target: {
        algorithm: 'ES256',
        maximumTokenLifeSeconds: 86_400,
        claims: { iss: 'https://api.mailyapp.example' },
        verifiers: [{ url: 'https://api.mailyapp.example/me' }],
      },
      views: { 'maily/JWT_SIGNING_KEY': '{jwk}', 'maily/JWKS': '{jwks}' },
      waves: [['api', 'email-service']],
    },
    'maily/aws': {
      kind: 'iam-access-key',
      policy: 'quarterly',
      target: { userName: 'maily-uploads' },
      waves: [['api', 'email-service']],
    },
    'maily/anthropic': {
      kind: 'supplied',
      policy: 'quarterly',
      target: {
        provider: 'anthropic',
        noLastUse: 'every consumer is refreshed and proven healthy on the new key before the old one goes',
      },
      views: { 'maily/ANTHROPIC_API_KEY': '{value}' },
      waves: [['ai-service']],
    },
    'maily/openai': {
      kind: 'http-api-key',
      policy: 'quarterly',
      target: {
        provider: 'openai-service-account',
        adminSecret: 'maily/openai-admin',
        parameters: { project: 'proj_maily' },
      },
      views: { 'maily/OPENAI_API_KEY': '{value}' },
      waves: [['ai-service']],
    },
  },
});

function service(name: string): ConsumerDeclaration {
  return {
    type: 'ecs-service',
    config: { cluster: 'maily-production', service: name },
    checks: [{ type: 'http', config: { url: health(name), jsonField: { path: 'status', equals: 'ok' } } }],
  };
}
