// A container's program: leaves the version that it was started with in a file of its own, as long as it lives.
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const { PORT, ROLL, VERSION, BROKEN, EXIT_WITH, STOP_AFTER_MS } = process.env;
if (EXIT_WITH !== undefined) process.exit(Number(EXIT_WITH));
const entry = join(ROLL, String(process.pid));
if (BROKEN === undefined) writeFileSync(entry, VERSION);

createServer((_request, response) => response.writeHead(BROKEN === undefined ? 200 : 503).end()).listen(
  Number(PORT),
  '127.0.0.1',
);
process.on('SIGTERM', () =>
  setTimeout(() => {
    rmSync(entry, { force: true });
    process.exit(0);
  }, Number(STOP_AFTER_MS)),
);
