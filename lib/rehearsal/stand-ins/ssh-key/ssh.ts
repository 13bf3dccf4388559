import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SshdServer } from '../../estates/sshd-server.ts';
import type { Verdict } from '../stand-in.ts';

export interface KeyFile {
  privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  publicKey: string;
  fingerprint: string;
}

/** A key as a person makes one. */
export async function makeKey(folder: string, name: string): Promise<KeyFile> {
  const file = join(folder, name);
  const run = promisify(execFile);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a person', '-f', file]);
  const [type = '', blob = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
  const { stdout } = await run('ssh-keygen', ['-l', '-E', 'sha256', '-f', `${file}.pub`]);
  const fingerprint = stdout.split(' ')[1] ?? '';
  return { privateKey: await readFile(file, 'utf8'), publicKey: `${type} ${blob}`, fingerprint };
}

let clients = 0;

/** What OpenSSH's own client is called with, before the command that it is to run. */
export async function clientArguments(server: SshdServer, privateKey: string): Promise<string[]> {
  clients += 1;
  const [key, known] = ['client', 'known-hosts'].map((name) => join(server.folder, `${name}-${clients}`)) as [
    string,
    string,
  ];
  await writeFile(key, privateKey, { mode: 0o600 });
  await writeFile(known, `[${server.host}]:${server.port} ${server.hostKeyLine}\n`);
  const settings = {
    BatchMode: 'yes',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: known,
    LogLevel: 'ERROR',
  };
  const options = Object.entries(settings).flatMap(([name, setting]) => ['-o', `${name}=${setting}`]);
  return ['-F', '/dev/null', '-i', key, '-p', String(server.port), ...options, `${server.user}@${server.host}`];
}

/** Logs in with OpenSSH's own client. @throws Error for any answer that is neither a yes nor sshd's refusal of a key */
export async function logInAt(server: SshdServer, privateKey: string): Promise<Verdict> {
  const place = await clientArguments(server, privateKey);
  return await new Promise((resolve, reject) => {
    execFile('ssh', [...place, 'true'], (error, _, stderr) => {
      if (error === null) resolve('accepted');
      else if (/Permission denied \(publickey\)/.test(stderr)) resolve('refused');
      else reject(new Error(`the SSH client ended with ${error.code}`));
    });
  });
}
