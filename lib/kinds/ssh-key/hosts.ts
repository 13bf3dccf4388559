import { KeyturnError } from '../../core/errors.ts';
import type { KindContext } from '../../core/kind.ts';
import type { SshDoor } from './client.ts';
import type { Credential } from './credential.ts';
import { lineOf, markOf } from './line.ts';
import type { RunCommand } from './run-command/client.ts';
import { runEverywhere, startSeconds } from './run-command/run.ts';
import { type Host, nameOf, type Target } from './schema.ts';
import { editScript } from './scripts/edit.ts';
import { lookScript } from './scripts/look.ts';

export type Context = KindContext<Target>;

/** The two ways to the hosts: in at the front, as the user, and by Systems Manager, as root. */
export interface Doors {
  ssh: SshDoor;
  commands: RunCommand;
}

/** Logs in at one host. @throws WrongEffectiveIdentity */
export async function logIn(
  { ssh }: Doors,
  { target, signal }: Context,
  credential: Credential,
  host: Host,
): Promise<void> {
  const probe = target.probe === 'id';
  const user = await ssh.logIn({ host, credential, probe, signal });
  if (!probe || user === target.user) return;
  const known = /^[\w.-]{1,32}$/.test(user ?? '');
  throw new KeyturnError(
    'WrongEffectiveIdentity',
    `${nameOf(host)} let "${target.user}" in, and id -un says ${known ? `"${user}"` : 'something else than a name'}: if this user's commands are forced, say probe: 'authentication'`,
  );
}

/** The key's line is at every host afterwards. One that is there stays as it is. Idempotent. */
export async function addLine({ commands }: Doors, context: Context, { publicKey }: Credential): Promise<void> {
  const { target, secretArn } = context;
  const script = editScript({
    user: target.user,
    file: target.authorizedKeys,
    keep: publicKey.blob,
    add: lineOf(secretArn, publicKey, target.options),
    drop: [],
    sweep: undefined,
    deadline: deadlineOf(context),
  });
  await runEverywhere({ script, hosts: target.hosts, comment: commentOf(context, 'adds a key') }, commands, context);
}

/**
 * The key's lines are gone from every host afterwards, and its sessions have ended. So are lines of this secret's that neither of
 * the two versions knows: what was installed for a rotation that was given up. Refuses where `keep` has no line. Idempotent.
 */
export async function removeLine(
  { commands }: Doors,
  context: Context,
  { retire, keep }: { retire: Credential; keep: Credential },
): Promise<void> {
  const { target, secretArn, clock } = context;
  const deadline = deadlineOf(context);
  const removal = editScript({
    user: target.user,
    file: target.authorizedKeys,
    keep: keep.publicKey.blob,
    add: undefined,
    drop: [retire.publicKey.blob],
    sweep: markOf(secretArn),
    deadline,
  });
  for (const hosts of byPort(target.hosts)) {
    const ending = lookOf(context, retire, hosts, { sinceMs: clock.nowMs(), end: true, deadline });
    const script = `${removal}\n${ending}`;
    await runEverywhere({ script, hosts, comment: commentOf(context, 'removes a key') }, commands, context);
  }
}

/** The line that Keyturn added for a key is gone afterwards. Idempotent. */
export async function dropMark({ commands }: Doors, context: Context, fingerprint: string): Promise<void> {
  const { target, secretArn } = context;
  const script = editScript({
    user: target.user,
    file: target.authorizedKeys,
    keep: undefined,
    add: undefined,
    drop: [`${markOf(secretArn)}${fingerprint}`],
    sweep: undefined,
    deadline: deadlineOf(context),
  });
  await runEverywhere(
    { script, hosts: target.hosts, comment: commentOf(context, 'discards a key') },
    commands,
    context,
  );
}

/** What hosts whose sshd listens at one port tell of a key's use, in their order. Read-only. */
export function look(
  { commands }: Doors,
  context: Context,
  credential: Credential,
  hosts: readonly Host[],
  sinceMs: number,
): Promise<string[]> {
  const script = lookOf(context, credential, hosts, { sinceMs, end: false, deadline: deadlineOf(context) });
  return runEverywhere({ script, hosts, comment: commentOf(context, 'looks for the use of a key') }, commands, context);
}

function lookOf(
  { target }: Context,
  { publicKey }: Credential,
  hosts: readonly Host[],
  { sinceMs, ...rest }: { sinceMs: number; end: boolean; deadline: number },
): string {
  return lookScript({
    user: target.user,
    port: hosts[0]?.port ?? 22,
    log: target.log,
    fingerprint: publicKey.fingerprint,
    since: Math.floor(sinceMs / 1000),
    ...rest,
  });
}

/** One command can ask all hosts whose sshd listens at one port. */
export function byPort(hosts: readonly Host[]): Host[][] {
  return [...Map.groupBy(hosts, ({ port }) => port).values()];
}

function deadlineOf({ clock }: Context): number {
  return Math.ceil(clock.nowMs() / 1000) + startSeconds;
}

function commentOf({ target }: Context, what: string): string {
  return `Keyturn ${what} of ${target.user}`;
}
