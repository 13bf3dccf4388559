import { defineProvider } from '../provider.ts';

/**
 * The value may be ours, so that a deleted key can be made again as it was. It has 32 characters: a longer one is taken for a
 * scoped search key. A duplicate value is refused with 409, and deleting an absent key ends with 500.
 * https://typesense.org/docs/30.0/api/api-keys.html
 * https://github.com/typesense/typesense/blob/main/src/auth_manager.cpp and include/auth_manager.h (KEY_LEN)
 */
export const typesense = defineProvider({
  id: 'typesense',
  origins: { api: [] },
  parameters: { actions: 'json', collections: 'json', collection: 'text' },
  sends: { header: 'x-typesense-api-key', before: '' },
  adminNeeds: 'the actions keys:list, keys:create and keys:delete (or keys:*)',
  list: { path: '/keys', items: 'keys', id: 'id', name: 'description' },
  create: {
    path: '/keys',
    body: { description: '{name}', actions: '{actions}', collections: '{collections}', value: '{value}' },
    id: 'id',
    value: 'value',
    valueLength: 32,
  },
  remove: { path: '/keys/{id}' },
  disable: { by: 'deletion', undo: 'recreation' },
  doors: [
    {
      name: 'Typesense',
      origin: 'api',
      path: '/collections/{collection}/documents/search?q=*&per_page=1',
      signs: 'header',
      body: 'json',
      accepted: [{ status: 200 }],
      refused: [
        { status: 401, where: { message: ['Forbidden - a valid `x-typesense-api-key` header must be sent.'] } },
      ],
    },
  ],
  nameLength: 200,
  propagationSeconds: 10,
});
