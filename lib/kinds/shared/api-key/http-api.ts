import { KeyturnError } from '../../../core/errors.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import { httpRequest } from '../../../net/http-client.ts';
import { signGet } from './s3-signature.ts';

/** How a request carries a key. */
export type Signature =
  | { by: 'header'; header: string; before: string; key: SecretValue }
  | { by: 's3'; accessKeyId: string; secretAccessKey: SecretValue; atMs: number };

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  origin: string;
  /** With its query. */
  path: string;
  signature: Signature;
  /** Beside the signature's. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** JSON. */
  body?: SecretValue;
  /** Whether an http origin is wanted: the inventory's schema lets it pass on this machine alone. */
  plaintext: boolean;
  signal: AbortSignal;
}

/** A provider's answer below 500. Its body may hold a new key, or quote an old one. */
export interface Answer {
  status: number;
  body: SecretValue;
}

/** For everything: name, connection, answer. */
const timeoutMs = 10_000;
/** A page of a hundred keys with their policies. */
const maximumBodyBytes = 2 * 1024 * 1024;

/** A provider's HTTP API. Every request is sent once: a repeated one could mint a second key. */
export class HttpApi {
  /** @throws TargetThrottled (429), TargetFailed (5xx, a redirect), and what lib/net throws. No message has a part of the answer. */
  async send({ method, origin, path, signature, headers, body, plaintext, signal }: Ask): Promise<Answer> {
    const url = new URL(path, origin);
    if (url.origin !== new URL(origin).origin)
      throw new KeyturnError('InvalidInput', `${origin}: the path leads elsewhere`);
    const place = `${method} ${url.origin}${url.pathname}`;
    const { status, body: text } = await httpRequest({
      method,
      url: url.href,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body && { 'content-type': 'application/json' }),
        ...headersOf(signature, url),
      },
      ...(body && { body: body.reveal() }),
      plaintext,
      timeoutMs,
      maximumBodyBytes,
      signal,
    });
    if (status === 429) throw new KeyturnError('TargetThrottled', `${place} was answered 429: the provider throttles`);
    if (status >= 500) throw new KeyturnError('TargetFailed', `${place} was answered ${status}: the provider failed`);
    if (status >= 300 && status < 400)
      throw new KeyturnError('TargetFailed', `${place} was answered ${status}, a redirect, which is not followed`);
    return { status, body: SecretValue.of(text) };
  }
}

function headersOf(signature: Signature, url: URL): Record<string, string> {
  if (signature.by === 'header') return { [signature.header]: `${signature.before}${signature.key.reveal()}` };
  const { accessKeyId, secretAccessKey, atMs } = signature;
  return signGet(url, { accessKeyId, secretAccessKey: secretAccessKey.reveal() }, atMs);
}
