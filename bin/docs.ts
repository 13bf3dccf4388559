import { readFile, writeFile } from 'node:fs/promises';
import { withKindsTable } from '../lib/kinds/table.ts';

// What the docs say of the registries is written from them: npm run docs.
const readme = new URL('../README.md', import.meta.url);
await writeFile(readme, withKindsTable(await readFile(readme, 'utf8')));
