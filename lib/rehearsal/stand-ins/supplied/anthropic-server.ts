import { randomBytes } from 'node:crypto';
import {
  type Account,
  type ApiAnswer,
  type ApiRequest,
  ApiServer,
  plaintext,
  random,
} from '../http-api-key/providers/api-server.ts';

interface Aim {
  provider: string;
  origins: Record<string, string>;
  plaintext: string;
  noLastUse: string;
}

const error = (status: number, type: string, message: string): ApiAnswer => ({
  status,
  body: { type: 'error', error: { type, message }, request_id: `req_${random(12)}` },
});

/** Anthropic's models endpoint, and its console: keys are made and deleted there, by people alone. */
export class AnthropicServer extends ApiServer<Aim> {
  readonly documents = [
    'https://platform.claude.com/docs/en/api/models/list',
    'https://platform.claude.com/docs/en/api/errors',
    'https://platform.claude.com/docs/en/api/versioning',
  ];

  target(_: Account): Aim {
    return {
      provider: 'anthropic',
      origins: { api: this.origin },
      plaintext,
      noLastUse: 'the consumers are refreshed and proven',
    };
  }

  newId() {
    return `apikey_01${random(11)}`;
  }

  newValue() {
    return `sk-ant-api03-${randomBytes(70).toString('base64url')}`;
  }

  answer(request: ApiRequest): ApiAnswer {
    if (request.header('anthropic-version') === undefined)
      return error(400, 'invalid_request_error', 'anthropic-version: header is required');
    if (request.path !== '/v1/models' || request.method !== 'GET') return error(404, 'not_found_error', 'Not found');
    if (this.asKey(request.header('x-api-key')) === undefined)
      return error(401, 'authentication_error', 'invalid x-api-key');
    const model = { type: 'model', id: 'claude-a', display_name: 'Claude A', created_at: '2026-01-01T00:00:00Z' };
    return { status: 200, body: { data: [model], has_more: true, first_id: 'claude-a', last_id: 'claude-a' } };
  }
}
