import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
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

const policies = [
  { effect: 'allow', permission_groups: [{ id: random(16) }], resources: { 'com.cloudflare.api.account.*': '*' } },
];
const ok = (result: unknown): ApiAnswer => ({ status: 200, body: { success: true, errors: [], messages: [], result } });
const failed = (status: number, code: number, message: string): ApiAnswer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});

/** Account tokens: values shown once, a status that can be turned, pages of at most 50. How a disabled one is refused is a switch. */
export class CloudflareServer extends ApiServer {
  readonly documents = [
    'https://developers.cloudflare.com/api/resources/accounts/subresources/tokens',
    'https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/verify',
  ];
  /** Whether verify tells a disabled token's status or refuses the token; the documents allow both. */
  disabledAnswers: 'status' | 'refusal' = 'status';

  target({ name }: Account) {
    return {
      provider: 'cloudflare-token',
      adminSecret: 'cloudflare/admin',
      parameters: { account: name, policies },
      origins: { api: this.origin },
      plaintext,
    };
  }

  newId() {
    return random(16);
  }

  newValue() {
    return random(20);
  }

  answer(request: ApiRequest): ApiAnswer | Promise<ApiAnswer> {
    const { method, path, query, body } = request;
    const [, , , , accountName, , id] = path.split('/');
    if (id === 'verify' || path === '/client/v4/zones') return this.#verify(bearerOf(request), accountName, path);
    const account = this.asAdmin(bearerOf(request));
    if (account === undefined) return failed(401, 1000, 'Invalid API Token');
    if (account.name !== accountName) return failed(403, 9109, 'Unauthorized to access requested resource');
    if (id === undefined && method === 'GET') {
      const page = Number(query.get('page') ?? 1);
      const size = Number(query.get('per_page') ?? 20);
      if (size < 5 || size > 50) return failed(400, 1001, 'per_page must be from 5 to 50');
      return ok(
        this.listed(account)
          .slice((page - 1) * size, page * size)
          .map((key) => this.#shown(key)),
      );
    }
    if (id === undefined) {
      const { name, policies: wanted } = body;
      if (typeof name !== 'string' || name.length > 120 || !Array.isArray(wanted))
        return failed(400, 1001, 'bad token');
      const key = this.make(account, name, wanted);
      return ok({ ...this.#shown(key), value: key.value });
    }
    const key = account.keys.get(id);
    if (key === undefined || key.deleted) return failed(404, 1003, 'Invalid API Token identifier');
    if (method === 'DELETE') this.delete(key);
    if (method === 'PUT') {
      // The whole token: what is left out is lost.
      if (typeof body['name'] !== 'string' || !Array.isArray(body['policies'])) return failed(400, 1001, 'bad token');
      key.name = body['name'];
      key.rights = body['policies'];
      key.status = body['status'] as StoredKey['status'];
      key.knownAtMs = this.clock.nowMs() + this.propagationMs;
    }
    return ok(method === 'DELETE' ? { id } : this.#shown(key));
  }

  #shown({ id, name, status, rights, lastUsedAtMs }: StoredKey) {
    const last_used_on =
      lastUsedAtMs === undefined ? {} : { last_used_on: new Date(lastUsedAtMs).toISOString().replace(/\.\d+/, '') };
    return { id, name, status, policies: rights, ...last_used_on };
  }

  #verify(value: string | undefined, accountName: string | undefined, path: string): ApiAnswer {
    const disabled = this.accounts
      .flatMap(({ keys }) => [...keys.values()])
      .find((key) => key.value === value && this.standing(key) === 'disabled');
    const isVerify = path.endsWith('/verify');
    if (disabled && isVerify && this.disabledAnswers === 'status') {
      this.refusals += 1;
      return ok({ id: disabled.id, status: 'disabled' });
    }
    const user = this.asKey(value);
    if (user === undefined) return failed(401, 1000, 'Invalid API Token');
    if (isVerify && user.account.name !== accountName) return failed(403, 9109, 'Unauthorized');
    return ok({ id: user.key.id, status: 'active' });
  }
}

/** The same tokens as pairs for R2's S3 API. Signatures are checked by an implementation of their own. */
export class R2Server extends CloudflareServer {
  override readonly documents = [
    'https://developers.cloudflare.com/r2/api/tokens/#get-s3-api-credentials-from-an-api-token',
    'https://developers.cloudflare.com/r2/api/s3/api/',
  ];
  #active(id: string | undefined): StoredKey | undefined {
    const keys = this.accounts.flatMap((account) => [...account.keys.values()]);
    return keys.find((key) => key.id === id && this.standing(key) === 'active');
  }

  override target(account: Account) {
    const { parameters, ...others } = super.target(account);
    return {
      ...others,
      provider: 'cloudflare-r2',
      parameters: { ...parameters, bucket: 'uploads' },
      origins: { api: this.origin, s3: this.origin },
      noLastUse: 'the consumers are refreshed and proven',
    };
  }

  override answer(request: ApiRequest): ApiAnswer | Promise<ApiAnswer> {
    return request.path.startsWith('/client/') ? super.answer(request) : this.#list(request);
  }

  async #list(request: ApiRequest): Promise<ApiAnswer> {
    const id = /Credential=([^/]+)\//.exec(request.header('authorization') ?? '')?.[1];
    const key = this.#active(id);
    if (key !== undefined && (await isSigned(request, key))) {
      key.lastUsedAtMs = this.clock.nowMs();
      const bucket = request.path.split('/')[1];
      return { status: 200, body: `<?xml version="1.0"?><ListBucketResult><Name>${bucket}</Name></ListBucketResult>` };
    }
    this.refusals += 1;
    return key === undefined ? xml(401, 'Unauthorized') : xml(403, 'SignatureDoesNotMatch');
  }
}

const xml = (status: number, code: string): ApiAnswer => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  headers: { 'content-type': 'application/xml' },
});

/** Whether a request bears the signature that an independent implementation makes for it. */
async function isSigned({ message, path, query, method }: ApiRequest, pair: StoredKey): Promise<boolean> {
  const headers = message.headers as Record<string, string>;
  const names = /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1]?.split(';') ?? [];
  const signer = new SignatureV4({
    service: 's3',
    region: 'auto',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
    credentials: { accessKeyId: pair.id, secretAccessKey: createHash('sha256').update(pair.value).digest('hex') },
  });
  const date = headers['x-amz-date']?.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z') ?? '';
  const again = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query: Object.fromEntries(query),
      headers: Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])),
    },
    { signingDate: new Date(date) },
  );
  return again.headers['authorization'] === headers['authorization'];
}
