import { Agent, request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a verifier of the inventory is asked on this machine: known before the service behind it is. */
export interface Door {
  origin: string;
  /** Requests go there from now on; until then they are answered 503. */
  leadTo(origin: string): void;
  close(): Promise<void>;
}

export async function openDoor(): Promise<Door> {
  let upstream: string | undefined;
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const fail = () => void response.writeHead(503).end();
    if (upstream === undefined) return fail();
    const { method = 'GET', headers, url = '/' } = request;
    const onward = ask(new URL(url, upstream), { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', fail);
    request.pipe(onward);
  });
  // Clients end their connections: see lib/simulator/wire/server.ts.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo(origin) {
      upstream = origin;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
