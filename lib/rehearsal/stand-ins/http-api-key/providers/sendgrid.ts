import { type Account, type ApiAnswer, type ApiRequest, ApiServer, bearerOf, plaintext, random } from './api-server.ts';

const errors = (status: number, message: string): ApiAnswer => ({
  status,
  body: { errors: [{ field: null, message }] },
});
const refused = errors(401, 'The provided authorization grant is invalid, expired, or revoked');

/** SendGrid's keys: at most 100, their values shown once, revoked with a delay. */
export class SendGridServer extends ApiServer {
  readonly documents = [
    'https://github.com/twilio/sendgrid-oai/blob/main/spec/json/tsg_api_keys_v3.json',
    'https://support.sendgrid.com/hc/en-us/articles/18322114821403-4XX-API-Errors-and-Troubleshooting-Suggestions',
  ];
  readonly scopes = ['mail.send'];

  target(_: Account) {
    return {
      provider: 'sendgrid',
      adminSecret: 'sendgrid/admin',
      parameters: { scopes: this.scopes },
      origins: { api: this.origin },
      plaintext,
      noLastUse: 'the consumers are refreshed and proven',
    };
  }

  newId() {
    return random(11);
  }

  newValue(id: string) {
    return `SG.${id}.${random(22).slice(0, 43)}`;
  }

  answer(request: ApiRequest): ApiAnswer {
    const { method, path, body } = request;
    if (path === '/v3/mail/send') return this.asKey(bearerOf(request)) ? { status: 202 } : refused;
    if (path === '/v3/scopes') {
      const user = this.asKey(bearerOf(request));
      return user ? { status: 200, body: { scopes: [...(user.key.rights as string[]), '2fa_required'] } } : refused;
    }
    const account = this.asAdmin(bearerOf(request));
    if (account === undefined) return this.asKey(bearerOf(request)) ? errors(403, 'access forbidden') : refused;
    if (path === '/v3/api_keys' && method === 'GET') {
      return { status: 200, body: { result: this.listed(account).map(({ id, name }) => ({ api_key_id: id, name })) } };
    }
    if (path === '/v3/api_keys' && method === 'POST') {
      if (typeof body['name'] !== 'string') return errors(400, 'name is required');
      if (this.listed(account).length >= 100) return errors(403, 'Cannot create more than 100 API Keys');
      const scopes = body['scopes'] ?? ['full access'];
      const { id, name, value } = this.make(account, body['name'], scopes);
      return { status: 201, body: { api_key: value, api_key_id: id, name, scopes } };
    }
    const key = account.keys.get(path.replace('/v3/api_keys/', ''));
    if (key === undefined || key.deleted) return errors(404, 'unable to find API Key');
    if (method !== 'DELETE') return errors(405, 'method not allowed');
    this.delete(key);
    return { status: 204 };
  }
}
