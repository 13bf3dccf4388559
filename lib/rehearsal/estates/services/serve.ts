import { createServer, type ServerResponse } from 'node:http';

/** What a service of the estate does with the credential that it was given when it started. */
export interface Program {
  /** Uses the credential for one request; the answer's JSON. */
  work(): Promise<Record<string, unknown>>;
  /** Signs in with the credential afresh. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves on 127.0.0.1, port `PORT`: `/health` checks, everything else works. On SIGTERM no new request is taken, those
 * that have begun are finished, and the process ends.
 */
export function serve(program: Program): void {
  const server = createServer((request, response) => {
    const healthy = request.url?.startsWith('/health');
    const answer = healthy ? program.check().then(() => ({ status: 'ok' })) : program.work();
    answer.then(
      (body) => send(response, 200, body),
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
