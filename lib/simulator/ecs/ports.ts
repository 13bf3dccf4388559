import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ranges that Linux (32768) and macOS (49152) take the ports of outgoing connections from, so that none of those sits on it. */
const lowestPort = 20_000;
const highestPort = 32_000;

/**
 * A loopback port that nobody listens on, for a process that is about to be started. Another process may still take it
 * first; then the task ends with an error and is replaced, as any other.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowestPort, highestPort);
    if (await canListen(port)) return port;
  }
  throw new Error(`No free port between ${lowestPort} and ${highestPort}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
