import type { Provider } from '../provider.ts';

/**
 * Keys are made in the console alone. Listing models costs nothing; 401 with this type is said of a key that is malformed, revoked
 * or expired. 402 (billing), 403 (permission) and 429 are others'.
 * https://platform.claude.com/docs/en/api/models/list and https://platform.claude.com/docs/en/api/errors
 */
export const anthropic: Provider = {
  id: 'anthropic',
  where: 'https://platform.claude.com/settings/keys',
  origins: { api: ['https://api.anthropic.com'] },
  parameters: {},
  sends: { header: 'x-api-key', before: '' },
  doors: [
    {
      name: 'Anthropic',
      origin: 'api',
      path: '/v1/models?limit=1',
      // https://platform.claude.com/docs/en/api/versioning
      headers: { 'anthropic-version': '2023-06-01' },
      signs: 'header',
      body: 'json',
      accepted: [{ status: 200, where: { has_more: [true, false] } }],
      refused: [{ status: 401, where: { 'error.type': ['authentication_error'] } }],
    },
  ],
  // No figure is given.
  propagationSeconds: 30,
};
