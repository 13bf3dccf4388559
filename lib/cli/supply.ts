import { randomUUID } from 'node:crypto';
import type { SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import { waitingVersion } from '../core/rotation/supplied-label.ts';
import { formatSupplied, parseSupplied, type Supplied, suppliedOf } from '../core/supplied.ts';
import { suppliedAt } from '../kinds/registry.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import type { FollowParts } from './follow.ts';
import { type Input, Interrupted } from './input.ts';
import { parseReason } from './reason.ts';
import { refuseWhileOpen, startRotation } from './start-rotation.ts';

export interface SupplyOptions {
  identity?: string;
  reason?: string;
  /** False: the value waits for its campaign. */
  rotate: boolean;
  watch?: boolean;
  json?: boolean;
}

/** Takes a value that no API can make from a hidden prompt or from stdin, lets it wait under KEYTURN_SUPPLIED, and rotates to it. */
export async function supply(
  named: string,
  options: SupplyOptions,
  parts: FollowParts & { input: Input },
): Promise<ExitCode | 130> {
  const { account, clock, terminal, input } = parts;
  if (!options.rotate && options.watch)
    throw new KeyturnError('InvalidInput', '--watch has nothing to follow with --no-rotate');
  const reason = parseReason(options.reason ?? 'a new value was supplied');
  const entry = await findEntry(named, await account.entries(), account);
  const { secret } = entry;
  const where = suppliedAt(entry);
  if (where === undefined)
    throw new KeyturnError(
      'InvalidInput',
      `${secret} is of the kind ${entry.kind}, whose values nobody needs to bring: run keyturn rotate ${secret}`,
    );
  const before = await account.describe(secret);
  if (options.rotate) refuseWhileOpen(before);
  let brought: Supplied;
  try {
    brought = await askFor(entry, where, options, input);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    terminal.err('Nothing was stored.');
    return 130;
  }
  await refuseCurrent(secret, brought, parts);
  const replaced = waitingVersion(before);
  const suppliedVersionId = randomUUID();
  const at = new Date(clock.nowMs()).toISOString();
  await account.supply(before.arn, suppliedVersionId, formatSupplied(brought));
  const { value, identity } = brought;
  const characters = value.parse(({ length }) => length);
  if (options.json) {
    const replacedVersionId = replaced ?? null;
    const said = { secret, suppliedVersionId, replacedVersionId, identity: identity ?? null, characters };
    terminal.out(JSON.stringify({ event: 'stored', at, ...said }));
  } else {
    const name = identity === undefined ? '' : ` called ${identity}`;
    terminal.out(`${secret}: a value of ${characters} characters${name} waits for its rotation`);
    if (replaced !== undefined) terminal.out('It takes the place of one that waited before, which nobody will use.');
    if (!options.rotate) terminal.out(`The next campaign takes it, or: keyturn rotate ${secret} --reason "…"`);
  }
  return options.rotate ? await startRotation(entry, before, reason, options, parts) : 0;
}

/** At a terminal by questions, else all of stdin. The value is never an argument: arguments are seen by every user of the machine. */
async function askFor(
  { secret }: SecretEntry,
  where: string,
  { identity }: SupplyOptions,
  input: Input,
): Promise<Supplied> {
  if (!input.isTty) return suppliedOf(await input.readAll(), identity);
  const value = await input.askHidden(`New value of ${secret}, made at ${where} (not shown): `);
  const brought = suppliedOf(value, identity);
  if (identity !== undefined) return brought;
  const name = await input.ask(
    'Its id or name there, so that it can be found when it is to be destroyed (Enter for none): ',
  );
  return suppliedOf(value, name.trim() === '' ? undefined : name.trim());
}

/**
 * createSecret refuses again, on what is current then: who may not read the secret learns it there.
 * @throws InvalidInput
 */
async function refuseCurrent(secret: string, { value }: Supplied, { account }: FollowParts): Promise<void> {
  try {
    const current = parseSupplied(await account.currentValue(secret), secret);
    if (!current.value.equals(value)) return;
  } catch (error) {
    // Before the first rotation there may be no value yet, or one of another form.
    const isNone = ['AccessDenied', 'SecretMalformed', 'VersionNotReadable'];
    if (error instanceof KeyturnError && isNone.includes(error.code)) return;
    throw error;
  }
  throw new KeyturnError('InvalidInput', `${secret}: that is the value in use already; nothing was stored`);
}
