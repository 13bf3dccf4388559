import { spawnSync } from 'node:child_process';
import { chown, writeFile } from 'node:fs/promises';

/** Whom a server runs as; nothing: as this process does. */
export interface Owner {
  uid?: number;
  gid?: number;
}

/** For servers that refuse to run as root: the first of the users that this machine has. */
export function unprivileged(users: readonly string[]): Owner {
  if (process.getuid?.() !== 0) return {};
  for (const user of users) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout));
    if (uid && gid) return { uid, gid };
  }
  throw new Error(`running as root, and there is none of the users ${users.join(', ')} to run the server as`);
}

/** A file that its owner alone can read; its path. */
export async function ownedFile(path: string, text: string, { uid, gid }: Owner): Promise<string> {
  await writeFile(path, text, { mode: 0o600 });
  if (uid !== undefined) await chown(path, uid, gid ?? uid);
  return path;
}
