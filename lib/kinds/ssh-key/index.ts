import { KeyturnError } from '../../core/errors.ts';
import type { ChosenKind } from '../../core/kind.ts';
import { SshDoor } from './client.ts';
import { type Credential, parseCredential, proposeValue } from './credential.ts';
import { sshKey } from './facts.ts';
import { addLine, type Context, type Doors, dropMark, logIn, removeLine } from './hosts.ts';
import { lastUse } from './last-use.ts';
import { proveRefused } from './prove.ts';
import { RunCommand } from './run-command/client.ts';
import type { Target } from './schema.ts';

/** An SSH key of an OS user, with two lines in authorized_keys: see README.md beside this file. */
export function createKind(): ChosenKind<Target, Credential> {
  const doors: Doors = { ssh: new SshDoor(), commands: new RunCommand() };

  async function verify(context: Context, credential: Credential): Promise<void> {
    for (const host of context.target.hosts) await logIn(doors, context, credential, host);
  }

  return {
    facts: sshKey,
    origin: 'chosen',
    parse: parseCredential,
    identify: ({ publicKey }) => publicKey.fingerprint,
    propose: proposeValue,
    async install(context, { pending }) {
      await addLine(doors, context, pending);
      await verify(context, pending);
    },
    verify,
    lastUse: (context, credential, sinceMs) => lastUse(doors, context, credential, sinceMs),
    async disable(context, { retire, keep }) {
      if (retire.publicKey.blob === keep.publicKey.blob) {
        throw new KeyturnError('CurrentMoved', `"${keep.username}" is to keep the very key that is to be retired`);
      }
      await removeLine(doors, context, { retire, keep });
    },
    enable: (context, credential) => addLine(doors, context, credential),
    proveRefused: (context, versions) => proveRefused(doors, context, versions),
    // Disabling has removed the line; nothing of it is left at the hosts.
    destroy: async () => undefined,
    async discard(context, identity) {
      if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(identity)) {
        throw new KeyturnError('InvalidInput', `"${identity}" is not the fingerprint of a key`);
      }
      await dropMark(doors, context, identity);
    },
  };
}
