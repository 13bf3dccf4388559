import { type Agent, get } from 'node:http';

/** How one request ended. */
export type Outcome = { ok: true } | { ok: false; status: number | undefined; error: string };

/** GETs and reads the whole answer. Never rejects: whatever happens is an outcome. Anything but 200 is a failure. */
export function ask(url: string, agent: Agent, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const failed = (status: number | undefined, error: string) => resolve({ ok: false, status, error });
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    const request = get(url, { agent, signal }, (response) => {
      const { statusCode } = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => failed(statusCode, nameOf(error)));
      response.on('end', () => {
        if (statusCode === 200) resolve({ ok: true });
        else failed(statusCode, Buffer.concat(chunks).toString('utf8').slice(0, 200));
      });
    });
    request.on('error', (error) => failed(undefined, signal.aborted ? 'no answer in time' : nameOf(error)));
  });
}

function nameOf(error: Error): string {
  return 'code' in error ? `${error.code}: ${error.message}` : error.message;
}
