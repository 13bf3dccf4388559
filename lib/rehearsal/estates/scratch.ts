import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardFolder } from './guard.ts';

/** A folder that goes when the estate is closed, or when this process dies. */
export async function makeScratch(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-rehearsal-'));
  const release = guardFolder(folder);
  return {
    folder,
    async remove() {
      // A process that was interrupted a moment ago may still be writing into it.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      release();
    },
  };
}
