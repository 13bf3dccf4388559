import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service } from '../types.ts';
import { AwsError } from '../types.ts';
import type { SimulatedWorld } from '../world.ts';
import { codecFor } from './codec.ts';
import type { WireRequest, WireResponse } from './request.ts';
import { authenticate, scopeOf } from './signature.ts';

/** One loopback HTTP server for all services; the signature's credential scope says which one is meant. */
export async function openDoor(
  world: SimulatedWorld,
  services: ReadonlyMap<string, Service>,
  port: number,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    readRequest(incoming)
      .then((request) => answer(world, services, request))
      .then((response) => {
        outgoing.writeHead(response.status, { date: new Date(world.nowMs()).toUTCString(), ...response.headers });
        outgoing.end(incoming.method === 'HEAD' ? undefined : response.body);
      })
      .catch((error: unknown) => {
        // Only a request that broke off gets here: everything else has been answered.
        outgoing.destroy(error instanceof Error ? error : new Error(String(error)));
      });
  });
  // Clients end their connections. One that the server ended while a client's request was on its way would be an error
  // that AWS makes far more seldom than Node's five seconds do on a busy machine.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  world.onClose(
    () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const [rawPath = '/', rawQuery = ''] = splitOnce(incoming.url ?? '/', '?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return {
    method: incoming.method ?? 'GET',
    rawPath,
    query: new URLSearchParams(rawQuery),
    headers,
    body: Buffer.concat(chunks),
  };
}

async function answer(
  world: SimulatedWorld,
  services: ReadonlyMap<string, Service>,
  request: WireRequest,
): Promise<WireResponse> {
  const service = services.get(scopeOf(request)?.service ?? '');
  const codec = codecFor(service, request);
  try {
    const signer = await authenticate(world, request, codec.authErrors);
    if (!service)
      throw new AwsError('UnknownService', 'The signature names a service that the simulator does not have');
    const { operation, input } = codec.decode(request);
    const { principal, credentials } = signer;
    const output = await world.perform(principal, service.name, operation, input, credentials.accessKeyId);
    return codec.encode(operation, output);
  } catch (error) {
    if (error instanceof AwsError) return codec.encodeError(error);
    process.emitWarning(error instanceof Error ? error : String(error));
    const message = error instanceof Error ? error.message : String(error);
    return codec.encodeError(new AwsError('InternalFailure', message, 500));
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
