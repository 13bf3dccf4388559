import { spawn } from 'node:child_process';

/**
 * Waits until its input ends, which the kernel brings about however its parent dies, SIGKILL included. Unless it was told
 * that all is done: ends the servers whose pid files are in the folder (a PostgreSQL's data folder in it, or any `*.pid`) and removes it.
 */
const script = `
read -r word && [ "$word" = done ] && exit
for file in "$1"/*/postmaster.pid "$1"/*/server.pid "$1"/*.pid; do
  [ -f "$file" ] && kill -s QUIT "$(head -n 1 "$file")"
done
sleep 1
rm -rf -- "$1"
`;

/**
 * Sees to it that a folder does not outlive this process. In a session of its own, so that Ctrl-C does not reach it.
 * @returns what to call when the folder is gone.
 */
export function guardFolder(folder: string): () => void {
  const shell = spawn('/bin/sh', ['-c', script, 'guard', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // It ends with its input; nothing is lost when it ended first.
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return () => shell.stdin.end('done\n');
}
