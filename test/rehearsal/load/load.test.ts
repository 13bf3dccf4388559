import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type LoadOptions, startLoad } from '../../../lib/rehearsal/load/load.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serving(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

async function loadFor(ms: number, url: string, options: Partial<LoadOptions> = {}) {
  const load = startLoad({
    targets: [{ service: 'api', url }],
    requestsPerSecond: 100,
    phase: () => 'soaking',
    ...options,
  });
  await wait(ms);
  await load.stop();
  return load;
}

describe('the load', () => {
  it('sends at its rate, and waits for every answer when it stops', async () => {
    let answered = 0;
    const url = await serving((_, response) => {
      setTimeout(() => {
        answered += 1;
        response.end('ok');
      }, 50);
    });
    const load = await loadFor(500, url);
    expect(load.sent).toBeGreaterThan(30);
    expect(load.sent).toBeLessThanOrEqual(60);
    expect(answered).toBe(load.sent);
    expect(load.failures).toEqual([]);
  });

  it('keeps its rate while answers are slow: a pause is seen by all who would have come', async () => {
    const url = await serving((_, response) => void setTimeout(() => response.end(), 400));
    const load = await loadFor(500, url, { connections: 2, timeoutMs: 600 });
    expect(load.sent).toBeGreaterThan(30);
    // Two connections answer one request in 0.4 s each; the rest is late.
    expect(load.failures.length).toBeGreaterThan(20);
    expect(load.failures[0]).toMatchObject({ error: 'no answer in time', status: undefined });
  });

  it('records a failure with its service, status, words, time and phase', async () => {
    const url = await serving((_, response) => response.writeHead(502).end('502 Bad Gateway'));
    const startedAtMs = Date.now();
    const { sent, failures } = await loadFor(100, url);
    expect(failures).toHaveLength(sent);
    const [failure] = failures;
    expect(failure).toMatchObject({ service: 'api', status: 502, error: '502 Bad Gateway', phase: 'soaking' });
    expect(failure?.atMs).toBeGreaterThanOrEqual(startedAtMs);
  });

  it('takes a connection that breaks for a failure, and sends nothing twice', async () => {
    let asked = 0;
    const url = await serving((request) => {
      asked += 1;
      request.socket.destroy();
    });
    const { sent, failures } = await loadFor(100, url);
    expect(failures).toHaveLength(sent);
    expect(asked).toBe(sent);
    expect(failures[0]?.error).toContain('ECONNRESET');
  });

  it('takes an answer that breaks off for a failure', async () => {
    const url = await serving((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => response.destroy(), 5);
    });
    const { sent, failures } = await loadFor(100, url);
    expect(failures).toHaveLength(sent);
  });

  it('takes nobody at the other end for a failure', async () => {
    const { sent, failures } = await loadFor(100, 'http://127.0.0.1:1');
    expect(sent).toBeGreaterThan(0);
    expect(failures).toHaveLength(sent);
  });
});
