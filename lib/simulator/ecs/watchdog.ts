import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads process groups from its input and kills those that are left when the input ends: which the kernel brings about
 * however the simulator dies, SIGKILL included.
 */
const script = `
groups=
while read -r verb group; do
  if [ "$verb" = watch ]; then groups="$groups $group"; continue; fi
  left=
  for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
  groups=$left
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
`;

/** Sees to it that no task outlives the simulator. */
export interface Watchdog {
  watch(processGroup: number): void;
  forget(processGroup: number): void;
  close(): void;
}

/** One small shell for all tasks, started with the first; in a session of its own, so that Ctrl-C does not reach it. */
export function createWatchdog(): Watchdog {
  let shell: ChildProcess | undefined;

  function tell(line: string): void {
    if (!shell) {
      shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
      // It ends with its input; nothing is lost when it ended first.
      shell.stdin?.on('error', () => undefined);
      shell.unref();
    }
    shell.stdin?.write(`${line}\n`);
  }

  return {
    watch: (processGroup) => tell(`watch ${processGroup}`),
    forget: (processGroup) => tell(`forget ${processGroup}`),
    close: () => shell?.stdin?.end(),
  };
}
