import { createServer, type ServerResponse } from 'node:http';
import type { Use } from './use.ts';

/** A balancer and Keyturn ask often, and each sign-in costs the target one: they share an answer for so long. */
const checkedForMs = 2_500;

/**
 * Serves on 127.0.0.1, port `PORT`: `/health` checks, everything else works. On SIGTERM no new request is taken, those
 * that have begun are finished, and the process ends.
 */
export function serve(program: Use): void {
  const check = sharedFor(checkedForMs, () => program.check());
  const server = createServer((request, response) => {
    const route = program.routes?.[request.url?.split('?', 1)[0] ?? ''];
    if (route !== undefined) return void route(request, response).catch(() => response.writeHead(500).end());
    const healthy = request.url?.startsWith('/health');
    const answer = healthy ? check() : program.work();
    answer.then(
      () => send(response, 200, { status: 'ok' }),
      (error: unknown) => {
        console.log(`${request.method} ${request.url}: ${reasonOf(error)}`);
        send(response, healthy ? 503 : 500, { status: 'failing', reason: reasonOf(error) });
      },
    );
  });
  server.listen(Number(requireEnv('PORT')), '127.0.0.1', () => console.log(`serving as process ${process.pid}`));

  process.once('SIGTERM', () => {
    console.log('told to stop: finishing what has begun');
    server.close(() => void program.close().finally(() => process.exit(0)));
    server.closeIdleConnections();
  });
}

function sharedFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { atMs: number; answer: Promise<T> } | undefined;
  return () => {
    if (last === undefined || Date.now() - last.atMs > ms) last = { atMs: Date.now(), answer: ask() };
    return last.answer;
  };
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A code, not a message: a driver's message may quote what it was given. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** @throws Error naming what the task definition lacks */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the environment variable ${name} is missing`);
  return value;
}
