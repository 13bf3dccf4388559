import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { explain } from './failure.ts';
import type { Reply } from './reply.ts';
import type { RedisTls } from './tls.ts';
import { type Endpoint, RedisWire } from './wire.ts';

/** One login at one endpoint. */
export interface RedisLogin {
  endpoint: Endpoint;
  tls: RedisTls;
  user: string;
  password: SecretValue;
  /** Given: this is Keyturn's own login, not the one under rotation, and this grants it what it lacks. */
  remedy?: string;
  /** Ends the connection, whatever it is doing. */
  signal: AbortSignal;
}

export interface RedisSession {
  /** One command and its reply. @throws the KeyturnErrors of `explain` */
  call(...command: readonly (string | SecretValue)[]): Promise<Reply>;
}

/** DNS, TCP and TLS together; then each command. */
const connectMs = 5_000;
const answerMs = 5_000;

export function nameOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

/**
 * Logs in, works and logs out. No connection outlives the call.
 * @throws the KeyturnErrors of `explain`, and what `work` throws
 */
export async function withSession<T>(login: RedisLogin, work: (session: RedisSession) => Promise<T>): Promise<T> {
  const { endpoint, user, password, remedy, signal } = login;
  const wire = new RedisWire(endpoint, login.tls);
  const within = async <R>(budgetMs: number, act: () => Promise<R>): Promise<R> => {
    const timer = setTimeout(() => wire.cut(), budgetMs);
    try {
      if (signal.aborted) wire.cut();
      return await act();
    } catch (error) {
      throw explain(error, { user, remedy, endpoint: nameOf(endpoint) });
    } finally {
      clearTimeout(timer);
    }
  };
  const call: RedisSession['call'] = (...command) => {
    const parts = command.map((part) => (typeof part === 'string' ? part : part.reveal()));
    return within(answerMs, () => wire.send(parts));
  };
  const cut = () => wire.cut();
  signal.addEventListener('abort', cut);
  try {
    await within(connectMs, () => wire.open());
    // The one command with a password in it. Servers show it neither in MONITOR nor in SLOWLOG.
    await call('AUTH', user, password);
    return await work({ call });
  } finally {
    signal.removeEventListener('abort', cut);
    await wire.close();
  }
}

/** A reply that is a text. @throws TargetFailed */
export function textOf(reply: Reply | undefined): string {
  if (typeof reply === 'string') return reply;
  throw new KeyturnError('TargetFailed', 'Redis answered with something else than the text that was asked for');
}

/** A flat reply of names and values in turn, as RESP2 writes a map. Empty when there is none. */
export function pairsOf(reply: Reply | undefined): Map<string, Reply> {
  const flat = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
  const pairs = new Map<string, Reply>();
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.set(textOf(flat[at]), flat[at + 1] ?? null);
  return pairs;
}
