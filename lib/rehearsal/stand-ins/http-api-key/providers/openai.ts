import {
  type Account,
  type ApiAnswer,
  type ApiRequest,
  ApiServer,
  bearerOf,
  plaintext,
  random,
  type StoredKey,
} from './api-server.ts';

const failed = (status: number, code: string, text: string): ApiAnswer => ({
  status,
  body: { error: { message: text, type: 'invalid_request_error', param: null, code } },
});
/** It quotes the key: https://help.openai.com/en/articles/6891781-error-code-401-incorrect-api-key-provided */
const refused = (key = '') =>
  failed(401, 'invalid_api_key', `Incorrect API key provided: ${key}. You can find your API key at …`);
const seconds = (ms: number | undefined) => (ms === undefined ? null : Math.floor(ms / 1000));

/** A page of a list, as every list of OpenAI's organization API is. */
function page<T extends { id: string }>(all: T[], query: URLSearchParams): ApiAnswer {
  const limit = Number(query.get('limit') ?? 20);
  if (limit < 1 || limit > 100) return failed(400, 'invalid_value', 'limit must be from 1 to 100');
  const from = all.findIndex(({ id }) => id === query.get('after')) + 1;
  const data = all.slice(from, from + limit);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { status: 200, body: { object: 'list', data, ...ends, has_more: from + limit < all.length } };
}

/** Service accounts of a project: each comes with one key, which dies with it. */
export class OpenAiServiceAccountServer extends ApiServer {
  readonly documents = [
    'https://developers.openai.com/api/reference/resources/admin/subresources/organization/subresources/projects/subresources/service_accounts',
    'https://developers.openai.com/api/reference/resources/admin/subresources/organization/subresources/projects/subresources/api_keys/methods/list',
  ];

  target({ name }: Account) {
    return {
      provider: 'openai-service-account',
      adminSecret: 'openai/admin',
      parameters: { project: `proj_${name}` },
      origins: { api: this.origin },
      plaintext,
    } as {
      provider: string;
      adminSecret: string;
      parameters: Record<string, string>;
      origins: { api: string };
      plaintext: string;
    };
  }

  newId() {
    return `svc_acct_${random(12)}`;
  }

  newValue() {
    return `sk-svcacct-${random(24)}`;
  }

  answer(request: ApiRequest): ApiAnswer {
    const { method, path, query, body } = request;
    const sent = bearerOf(request);
    if (path === '/v1/models' || path === '/v1/responses')
      return this.asKey(sent) ? { status: 200, body: { object: 'list', data: [] } } : refused(sent);
    const account = this.asAdmin(sent);
    if (account === undefined) return refused(sent);
    const [, , , , project, resource, id] = path.split('/');
    if (project !== `proj_${account.name}` && project !== account.name)
      return failed(404, 'not_found', 'No such project');
    if (resource === 'api_keys') {
      const keys = this.listed(account).map((key) => ({
        object: 'organization.project.api_key',
        id: `key_${key.id}`,
        last_used_at: seconds(key.lastUsedAtMs),
        owner: { type: 'service_account', service_account: { id: key.id, name: key.name } },
      }));
      return page(keys, query);
    }
    if (id === undefined && method === 'GET')
      return page(
        this.listed(account).map((key) => this.#shown(key)),
        query,
      );
    if (id === undefined) {
      const key = this.make(account, String(body['name']), 'member');
      const api_key = { object: 'organization.project.service_account.api_key', id: `key_${key.id}`, value: key.value };
      return { status: 200, body: { ...this.#shown(key), api_key } };
    }
    const key = account.keys.get(id);
    if (key === undefined || key.deleted) return failed(404, 'not_found', 'No such service account');
    this.delete(key);
    return { status: 200, body: { object: 'organization.project.service_account.deleted', id, deleted: true } };
  }

  #shown({ id, name, createdAtMs }: StoredKey) {
    return {
      object: 'organization.project.service_account',
      id,
      name,
      role: 'member',
      created_at: seconds(createdAtMs),
    };
  }
}

/** Admin keys of an organization. */
export class OpenAiAdminKeyServer extends ApiServer {
  readonly documents = ['https://developers.openai.com/api/docs/api-reference/admin-api-keys'];

  target(_: Account) {
    return {
      provider: 'openai-admin-key',
      adminSecret: 'openai/admin',
      origins: { api: this.origin },
      plaintext,
    };
  }

  newId() {
    return `key_${random(12)}`;
  }

  newValue() {
    return `sk-admin-${random(24)}`;
  }

  answer(request: ApiRequest): ApiAnswer {
    const { method, path, query, body } = request;
    const sent = bearerOf(request);
    const own = this.asAdmin(sent);
    const account = own ?? this.asKey(sent)?.account;
    if (account === undefined) return refused(sent);
    const [, , , , id] = path.split('/');
    if (id === undefined && method === 'GET')
      return page(
        this.listed(account).map((key) => this.#shown(key)),
        query,
      );
    if (id === undefined) {
      const key = this.make(account, String(body['name']), 'owner');
      return { status: 200, body: { ...this.#shown(key), value: key.value } };
    }
    const key = account.keys.get(id);
    if (key === undefined || key.deleted) return failed(404, 'not_found', 'No such key');
    this.delete(key);
    return { status: 200, body: { object: 'organization.admin_api_key.deleted', id, deleted: true } };
  }

  #shown({ id, name, value, createdAtMs, lastUsedAtMs }: StoredKey) {
    return {
      object: 'organization.admin_api_key',
      id,
      name,
      redacted_value: `sk-admin...${value.slice(-3)}`,
      created_at: seconds(createdAtMs),
      last_used_at: seconds(lastUsedAtMs),
      expires_at: null,
    };
  }
}
