// A container's program: answers with what it was given, finishes what it began when it is told to stop.
import { createServer } from 'node:http';

const { PORT, UNHEALTHY, GREETING, SECRET, IGNORE_SIGTERM, EXIT_WITH } = process.env;
console.log(`task ${process.pid} starts`);
if (EXIT_WITH !== undefined) process.exit(Number(EXIT_WITH));

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/health') {
    response.writeHead(UNHEALTHY === undefined ? 200 : 503).end();
    return;
  }
  if (searchParams.has('ms')) console.log(`was asked for ${searchParams.get('ms')}`);
  const answer = JSON.stringify({ pid: process.pid, greeting: GREETING, secret: SECRET });
  setTimeout(
    () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
    Number(searchParams.get('ms') ?? 0),
  );
});
server.listen(Number(PORT), '127.0.0.1');

process.on('SIGTERM', () => {
  if (IGNORE_SIGTERM !== undefined) return;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
