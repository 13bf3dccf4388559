// A file, not `node -e`: that gives modules require, __dirname and the like, which Lambda does not.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder] = process.argv.slice(2);
const files = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
for (const file of files) await import(pathToFileURL(join(folder, file)).href);
// What a module begins when it is loaded may fail a moment later.
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(files.length);
