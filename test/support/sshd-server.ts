import { sshdVersion } from '../../lib/rehearsal/estates/sshd-server.ts';

export * from '../../lib/rehearsal/estates/sshd-server.ts';

/** For `describe.runIf`; says in one line what is left out where it is not. */
export function sshdInstalled(): boolean {
  if (sshdVersion !== undefined) return true;
  process.stdout.write('left out: OpenSSH is not installed (Debian: apt-get install openssh-server openssh-client)\n');
  return false;
}
