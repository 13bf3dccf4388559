import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { KeyturnError } from '../core/errors.ts';
import { failureOf, type Phase, placeOf, timeoutOf } from './failure.ts';
import { allowAddress, allowUrl } from './host-rules.ts';

export interface HttpRequest {
  url: string;
  /** Default GET. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Readonly<Record<string, string>>;
  /** Sent as it is; its content-type is among the headers. Default none. */
  body?: string;
  /** For everything: name, connection, handshake, answer. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Whether an http URL is wanted. Default false. */
  plaintext?: boolean;
  /** The longest body that is read; 0 reads none. */
  maximumBodyBytes: number;
}

export interface HttpResponse {
  status: number;
  /** Where a redirect points to. It is never followed: whoever answers for a host must not choose another for it. */
  location: string | undefined;
  body: string;
}

/**
 * One request over one connection of its own, sent once. Redirects are answers, not followed. Certificates are always verified.
 * @throws InvalidInput (a URL that may not be asked), TargetUnresolved, TargetUnreachable, TargetTlsFailed,
 * TargetTimeout (also when the signal aborts), TargetFailed (no HTTP, connection lost, body too long)
 */
export async function httpRequest(request: HttpRequest): Promise<HttpResponse> {
  const url = allowUrl(request.url, request.plaintext ?? false);
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal = AbortSignal.any([request.signal, deadline]);
  const progress: Progress = { phase: 'connecting' };
  try {
    signal.throwIfAborted();
    const response = await ask(url, request, signal, progress);
    progress.phase = 'reading the answer';
    return {
      status: response.statusCode ?? 0,
      location: response.headers.location,
      body: await read(response, request.maximumBodyBytes, url),
    };
  } catch (error) {
    if (deadline.aborted) throw timeoutOf(progress.phase, url, request.timeoutMs);
    if (signal.aborted)
      throw new KeyturnError(
        'TargetTimeout',
        `${placeOf(url)} was not waited for (${progress.phase}): the caller ran out of time`,
      );
    throw failureOf(error, progress.phase, url);
  }
}

interface Progress {
  phase: Phase;
}

function ask(
  url: URL,
  { method = 'GET', headers, body }: HttpRequest,
  signal: AbortSignal,
  progress: Progress,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method,
      // Compressed bodies would need a decoder, and a bound of its own.
      headers: {
        'user-agent': 'keyturn',
        accept: '*/*',
        ...headers,
        // Node frames no body of a DELETE by itself.
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        'accept-encoding': 'identity',
      },
      agent: false,
      signal,
      lookup: guardedLookup(progress),
    };
    // Stated, so that no environment variable (NODE_TLS_REJECT_UNAUTHORIZED) weakens it.
    const asking =
      url.protocol === 'https:'
        ? tlsRequest(url, { ...options, rejectUnauthorized: true })
        : plainRequest(url, options);
    asking.once('socket', (socket: Socket) => follow(socket, progress));
    asking.once('response', resolve);
    asking.on('error', reject);
    asking.end(body);
  });
}

function follow(socket: Socket, progress: Progress): void {
  socket.once('connect', () => {
    progress.phase = socket instanceof TLSSocket ? 'the TLS handshake' : 'waiting for the answer';
  });
  socket.once('secureConnect', () => {
    progress.phase = 'waiting for the answer';
  });
}

/** Looks a name up and refuses forbidden addresses before anything connects: a check before the lookup would judge another answer. */
function guardedLookup(progress: Progress): LookupFunction {
  return (host, options, callback) => {
    progress.phase = 'resolving the name';
    dnsLookup(host, { ...options, all: true }, (error, addresses: LookupAddress[] = []) => {
      const refused = error ?? refusalOf(addresses, host);
      if (refused === null) progress.phase = 'connecting';
      const [first] = addresses;
      if (refused !== null || options.all === true) callback(refused, addresses);
      else callback(null, first?.address ?? '', first?.family);
    });
  };
}

function refusalOf(addresses: LookupAddress[], host: string): Error | null {
  try {
    for (const { address } of addresses) allowAddress(address, host);
    return null;
  } catch (error) {
    return error as Error;
  }
}

async function read(response: IncomingMessage, maximumBytes: number, url: URL): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    if (maximumBytes === 0) return '';
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maximumBytes)
        throw new KeyturnError('TargetFailed', `${placeOf(url)} answered with more than ${maximumBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    response.destroy();
  }
}
