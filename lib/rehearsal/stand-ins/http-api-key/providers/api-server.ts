import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../../core/clock.ts';
import type { Target } from '../../../../kinds/http-api-key/target.ts';
import { useKey } from '../../../estates/services/providers/use-key.ts';

/** Time that passes by itself and, at once, by sleeping. One for the kind and for the provider. */
export class JumpingClock implements Clock {
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#aheadMs += ms;
  }
}

/** One key as the provider has it. */
export interface StoredKey {
  id: string;
  name: string;
  value: string;
  createdAtMs: number;
  status: 'active' | 'disabled';
  /** When it is known everywhere that it exists. */
  knownFromMs: number;
  /** When the last change of its standing is known everywhere. Until then the old standing is. */
  knownAtMs: number;
  deleted: boolean;
  lastUsedAtMs: number | undefined;
  rights: unknown;
}

export interface Account {
  name: string;
  adminKey: string;
  keys: Map<string, StoredKey>;
}

export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  header(name: string): string | undefined;
  body: Record<string, unknown>;
  message: IncomingMessage;
}

export interface ApiAnswer {
  status: number;
  /** Text as it is; anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export const random = (bytes: number) => randomBytes(bytes).toString('hex');

/** What an inventory's target says of where a provider is. */
type Aimed = Pick<Target, 'parameters' | 'origins'> & { provider: unknown };

/** What every provider's server does alike: accounts, keys whose end takes its time to be known, and requests on loopback. */
export abstract class ApiServer<Aim extends Aimed = Target> {
  /** The provider's own document that this server keeps to. */
  abstract readonly documents: readonly string[];
  readonly clock = new JumpingClock();
  readonly accounts: Account[] = [];
  /** What was asked, oldest first: `POST /v3/api_keys`. */
  readonly requests: string[] = [];
  /** By which key each of them was asked (an S3 request: by its id), and how it was answered. */
  readonly answers: { atMs: number; key: string | undefined; status: number }[] = [];
  /** Whatever a test wants answered instead. */
  intercept: ((request: ApiRequest) => ApiAnswer | undefined) | undefined;
  /** How often a key was refused. */
  refusals = 0;
  propagationMs = 4_000;
  /** From a key's making until it is accepted. */
  appearingMs = 3_000;
  origin = '';
  readonly #server = createServer(async (message, response) => {
    const { method = '', url = '/', headers } = message;
    const { pathname, searchParams } = new URL(url, 'http://loopback');
    const text = Buffer.concat(await message.toArray()).toString('utf8');
    const request: ApiRequest = {
      method,
      path: decodeURIComponent(pathname),
      query: searchParams,
      header: (name) => headers[name]?.toString(),
      body: text === '' ? {} : JSON.parse(text),
      message,
    };
    this.requests.push(`${method} ${url}`);
    const { status, body, headers: more } = this.intercept?.(request) ?? (await this.answer(request));
    this.answers.push({ atMs: this.clock.nowMs(), key: keyOf(request), status });
    const isText = typeof body === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...more });
    response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
  });

  abstract answer(request: ApiRequest): ApiAnswer | Promise<ApiAnswer>;
  /** The inventory's target of this account's keys. */
  abstract target(account: Account): Aim;
  abstract newId(): string;
  abstract newValue(id: string): string;

  /** Uses the key of a secret's value as its consumers do, by other means than the kind's client; the status of the answer. */
  use(value: string, account: Account): Promise<number> {
    const { provider, parameters = {}, origins = {} } = this.target(account);
    return useKey(String(provider), { origins, parameters, fields: JSON.parse(value) });
  }

  async start(): Promise<this> {
    // Clients end their connections: see lib/simulator/wire/server.ts.
    this.#server.keepAliveTimeout = 0;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Default: a new name, a new admin key. */
  account(given: Partial<Pick<Account, 'name' | 'adminKey'>> = {}): Account {
    const account: Account = { name: random(16), adminKey: `admin-${random(20)}`, ...given, keys: new Map() };
    this.accounts.push(account);
    return account;
  }

  make(account: Account, name: string, rights: unknown, chosen?: string): StoredKey {
    const id = this.newId();
    const key: StoredKey = {
      id,
      name,
      value: chosen ?? this.newValue(id),
      createdAtMs: this.clock.nowMs(),
      status: 'active',
      knownFromMs: this.clock.nowMs() + this.appearingMs,
      knownAtMs: 0,
      deleted: false,
      lastUsedAtMs: undefined,
      rights,
    };
    account.keys.set(id, key);
    return key;
  }

  /** Keys that the account lists: deleted ones are gone from the list at once. */
  listed(account: Account): StoredKey[] {
    return [...account.keys.values()].filter(({ deleted }) => !deleted);
  }

  delete(key: StoredKey): void {
    key.deleted = true;
    key.knownAtMs = this.clock.nowMs() + this.propagationMs;
  }

  asAdmin(key: string | undefined): Account | undefined {
    return this.accounts.find(({ adminKey }) => adminKey === key);
  }

  /** Whose key this is, as far as the servers know by now. Counts refusals, notes the use. */
  asKey(value: string | undefined): { account: Account; key: StoredKey } | undefined {
    for (const account of this.accounts) {
      for (const key of account.keys.values()) {
        if (key.value !== value || this.standing(key) !== 'active') continue;
        key.lastUsedAtMs = this.clock.nowMs();
        return { account, key };
      }
    }
    this.refusals += 1;
    return undefined;
  }

  standing(key: StoredKey): 'active' | 'disabled' | 'gone' {
    if (this.clock.nowMs() < key.knownFromMs) return 'gone';
    const known = this.clock.nowMs() >= key.knownAtMs;
    if (key.deleted) return known ? 'gone' : 'active';
    return key.status === 'disabled' && known ? 'disabled' : 'active';
  }
}

export const bearerOf = (request: ApiRequest) => /^Bearer (.+)$/.exec(request.header('authorization') ?? '')?.[1];

function keyOf(request: ApiRequest): string | undefined {
  const signedBy = /Credential=([^/]+)\//.exec(request.header('authorization') ?? '')?.[1];
  return bearerOf(request) ?? request.header('x-typesense-api-key') ?? request.header('x-api-key') ?? signedBy;
}

export const plaintext = 'a test server on this machine';
