import { type Account, type ApiAnswer, type ApiRequest, ApiServer, plaintext, random } from './api-server.ts';

const message = (status: number, text: string): ApiAnswer => ({ status, body: { message: text } });
const refused = message(401, 'Forbidden - a valid `x-typesense-api-key` header must be sent.');

/** Typesense's keys: values of ours or of its own, no longer than 32, unique; ids that count up and are never used again. */
export class TypesenseServer extends ApiServer {
  readonly documents = [
    'https://typesense.org/docs/30.0/api/api-keys.html',
    'https://github.com/typesense/typesense/blob/main/src/auth_manager.cpp',
  ];
  #nextId = 0;

  target(_: Account) {
    return {
      provider: 'typesense',
      adminSecret: 'typesense/admin',
      parameters: { actions: ['documents:search'], collections: ['products'], collection: 'products' },
      origins: { api: this.origin },
      plaintext,
      noLastUse: 'the consumers are refreshed and proven',
    };
  }

  newId() {
    this.#nextId += 1;
    return String(this.#nextId - 1);
  }

  newValue() {
    return random(16);
  }

  answer(request: ApiRequest): ApiAnswer {
    const { method, path, body } = request;
    const sent = request.header('x-typesense-api-key');
    if (/^\/collections\/[^/]+\/documents\/search$/.test(path)) {
      // A longer one is taken for a scoped search key, which it is not.
      const user = (sent?.length ?? 0) > 32 ? undefined : this.asKey(sent);
      return user ? { status: 200, body: { found: 0, hits: [] } } : refused;
    }
    const account = this.asAdmin(sent);
    if (account === undefined) return refused;
    if (path === '/keys' && method === 'GET') {
      const keys = this.listed(account).map(({ id, name, value, rights }) => ({
        id: Number(id),
        description: name,
        value_prefix: value.slice(0, 4),
        ...(rights as object),
      }));
      return { status: 200, body: { keys } };
    }
    if (path === '/keys' && method === 'POST') {
      const { description, actions, collections, value } = body;
      for (const [field, given] of Object.entries({ description, actions, collections }))
        if (given === undefined) return message(400, `Could not find a \`${field}\` key.`);
      if (this.listed(account).some((key) => key.value === value)) return message(409, 'API key generation conflict.');
      const rights = { actions, collections };
      const key = this.make(account, String(description), rights, value as string | undefined);
      return { status: 201, body: { id: Number(key.id), description, ...rights, value: key.value } };
    }
    const key = account.keys.get(path.replace('/keys/', ''));
    const gone = key === undefined || key.deleted;
    if (method === 'GET') return gone ? message(404, 'Not found.') : { status: 200, body: { id: Number(key.id) } };
    if (gone) return message(500, 'Not found.');
    this.delete(key);
    return { status: 200, body: { id: Number(key.id) } };
  }
}
