import type { Door } from '../../shared/api-key/door.ts';
import { defineProvider } from '../provider.ts';

const origins = { api: ['https://api.openai.com'] };
const sends = { header: 'authorization', before: 'Bearer ' };
const pages = { by: 'cursor', parameter: 'after', more: 'has_more', last: 'last_id' } as const;

/** Its 401 quotes a part of the key in its message: only the code is looked at. https://help.openai.com/en/articles/6891781 */
const door = {
  name: 'OpenAI',
  origin: 'api',
  signs: 'header',
  body: 'json',
  accepted: [{ status: 200 }],
  refused: [{ status: 401, where: { 'error.code': ['invalid_api_key'] } }],
} satisfies Omit<Door, 'path'>;

/**
 * One service account per generation: its key comes with it and dies with it. Whether a service account's key alone can be
 * deleted is not certain ("returns an error if the key belonged to a service account").
 * https://developers.openai.com/api/reference/resources/admin/subresources/organization/subresources/projects/subresources/service_accounts
 */
export const openaiServiceAccount = defineProvider({
  id: 'openai-service-account',
  origins,
  parameters: { project: 'text' },
  sends,
  adminNeeds: 'to be an admin key of the organization that may write service accounts of the project',
  list: {
    path: '/v1/organization/projects/{project}/service_accounts?limit=100',
    items: 'data',
    id: 'id',
    name: 'name',
    pages,
  },
  create: {
    path: '/v1/organization/projects/{project}/service_accounts',
    body: { name: '{name}' },
    id: 'id',
    value: 'api_key.value',
  },
  remove: { path: '/v1/organization/projects/{project}/service_accounts/{id}' },
  disable: { by: 'deletion', undo: 'none' },
  doors: [{ ...door, path: '/v1/models' }],
  lastUse: {
    path: '/v1/organization/projects/{project}/api_keys?limit=100&owner_project_access=any',
    items: 'data',
    id: 'owner.service_account.id',
    pages,
    at: 'last_used_at',
    form: 'seconds',
  },
  nameLength: 120,
  propagationSeconds: 60,
});

/** https://developers.openai.com/api/docs/api-reference/admin-api-keys */
export const openaiAdminKey = defineProvider({
  id: 'openai-admin-key',
  origins,
  parameters: {},
  sends,
  adminNeeds: 'to be an admin key of the organization that may write admin keys',
  list: { path: '/v1/organization/admin_api_keys?limit=100', items: 'data', id: 'id', name: 'name', pages },
  create: { path: '/v1/organization/admin_api_keys', body: { name: '{name}' }, id: 'id', value: 'value' },
  remove: { path: '/v1/organization/admin_api_keys/{id}' },
  disable: { by: 'deletion', undo: 'none' },
  doors: [{ ...door, path: '/v1/organization/admin_api_keys?limit=1' }],
  lastUse: {
    path: '/v1/organization/admin_api_keys?limit=100',
    items: 'data',
    id: 'id',
    pages,
    at: 'last_used_at',
    form: 'seconds',
  },
  nameLength: 120,
  propagationSeconds: 60,
});
