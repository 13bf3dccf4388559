import { defineProvider } from '../provider.ts';

/**
 * Keys are created, listed and deleted; none can be disabled, and none tells its last use. Without scopes a key has full
 * access, hence they are required here. At most 100 keys: https://github.com/twilio/sendgrid-oai/blob/main/spec/json/tsg_api_keys_v3.json
 * 401 is also said of an account in arrears, hence the text: https://support.sendgrid.com/hc/en-us/articles/18322114821403
 */
export const sendgrid = defineProvider({
  id: 'sendgrid',
  origins: { api: ['https://api.sendgrid.com', 'https://api.eu.sendgrid.com'] },
  parameters: { scopes: 'json' },
  sends: { header: 'authorization', before: 'Bearer ' },
  adminNeeds: 'the scopes api_keys.create, api_keys.read and api_keys.delete, and every scope that it is to grant',
  list: { path: '/v3/api_keys', items: 'result', id: 'api_key_id', name: 'name' },
  create: {
    path: '/v3/api_keys',
    body: { name: '{name}', scopes: '{scopes}' },
    id: 'api_key_id',
    value: 'api_key',
  },
  remove: { path: '/v3/api_keys/{id}' },
  disable: { by: 'deletion', undo: 'none' },
  doors: [
    {
      name: 'SendGrid',
      origin: 'api',
      path: '/v3/scopes',
      signs: 'header',
      body: 'json',
      accepted: [{ status: 200 }],
      refused: [
        {
          status: 401,
          where: { 'errors.0.message': ['The provided authorization grant is invalid, expired, or revoked'] },
        },
      ],
      holds: { path: 'scopes', parameter: 'scopes' },
    },
  ],
  nameLength: 100,
  keyLimit: 100,
  // "will fail after some small propagation delay": no figure is given.
  propagationSeconds: 30,
});
