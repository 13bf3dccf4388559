import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A managed node: where its agent runs scripts, and what of this machine they see. */
export interface ManagedInstance {
  /** `i-…` of EC2, `mi-…` of a hybrid activation. */
  instanceId: string;
  tags: Readonly<Record<string, string>>;
  /** The working folder of its scripts. */
  folder: string;
  /** Beside what this process has. */
  environment?: Readonly<Record<string, string>>;
  /** Whether its agent can be reached. Default true. */
  online?: boolean;
}

export interface ScriptEnd {
  /** Undefined: it was ended because it took too long. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs a script as the agent does: from a file, by `sh`, as the agent's own user. Ends all of it when it takes too long, or with the signal. */
export async function runScript(
  instance: ManagedInstance,
  script: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ScriptEnd> {
  const file = join(instance.folder, `_script-${randomUUID()}.sh`);
  await writeFile(file, script, { mode: 0o700 });
  try {
    return await run(instance, file, timeoutMs, signal);
  } finally {
    await rm(file, { force: true });
  }
}

function run(instance: ManagedInstance, file: string, timeoutMs: number, signal: AbortSignal): Promise<ScriptEnd> {
  const shell = spawn('/bin/sh', [file], {
    cwd: instance.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it started ends with it.
    detached: true,
    env: { ...process.env, ...instance.environment, AWS_SSM_INSTANCE_ID: instance.instanceId },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    shell[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  let late = false;
  const end = () => {
    if (shell.pid === undefined || shell.exitCode !== null) return;
    try {
      process.kill(-shell.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end);
  // Aborted while the script was written.
  if (signal.aborted) end();
  return new Promise((resolve, reject) => {
    shell.once('error', reject);
    shell.once('close', (exitCode) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve({ exitCode: late ? undefined : (exitCode ?? 137), ...texts });
    });
  });
}
