import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Target, TargetGroup } from './target-group.ts';

/** Of one connection, the client's to the balancer or the balancer's to a target; not to be passed on. RFC 9110, 7.6.1. */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'];

export interface Balancer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Requests answered so far, by the status that the client saw; `0` when the connection broke before one was sent. */
  readonly answers: Map<number, number>;
  close(): Promise<void>;
}

/**
 * One listener in front of one target group, round-robin over its healthy targets. Clients keep their connections;
 * each request takes a new one to its target, so that no request meets a connection which the target is just closing.
 * A refused connection carried nothing and is tried at the next target; whatever was sent is never sent twice.
 * 502 when no healthy target answers.
 */
export async function openBalancer(group: TargetGroup, port = 0): Promise<Balancer> {
  const answers = new Map<number, number>();
  let turn = 0;

  function candidates(): Target[] {
    const healthy = group.targets.filter((target) => target.state === 'healthy');
    const first = healthy.length === 0 ? 0 : turn++ % healthy.length;
    return [...healthy.slice(first), ...healthy.slice(0, first)];
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const target of candidates()) {
      const socket = await connected(target.port);
      if (socket) return forward(socket, request, response);
    }
    refuse(response);
  }

  const server = createServer((request, response) => {
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : 0;
      answers.set(status, (answers.get(status) ?? 0) + 1);
    });
    void route(request, response);
  });
  // As an Application Load Balancer's idle timeout.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Undefined when nobody listens there. */
function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** Never rejects: a target that breaks off is a 502, or a broken connection when the answer had begun. */
function forward(socket: Socket, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const headers = { ...request.headers, 'x-forwarded-for': request.socket.remoteAddress ?? '', connection: 'close' };
    for (const name of hopByHop) if (name !== 'connection') delete headers[name as keyof typeof headers];
    const { method, url: path } = request;
    const upstream = httpRequest({
      createConnection: () => socket,
      ...(method !== undefined && { method }),
      ...(path !== undefined && { path }),
      headers,
    });
    upstream.once('response', (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => !hopByHop.includes(name));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    upstream.once('error', () => refuse(response));
    upstream.once('close', resolve);
    response.once('close', () => upstream.destroy());
    request.pipe(upstream);
  });
}

function refuse(response: ServerResponse): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(502, { 'content-type': 'text/plain' });
  response.end('502 Bad Gateway\n');
}
