import { KeyturnError } from '../../core/errors.ts';
import { secretNameOf } from '../../core/secret-arn.ts';
import type { Account } from '../account.ts';
import type { ExitCode } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { type Change, planAdoption, type Wishes } from './plan.ts';
import { typescript } from './typescript.ts';

export interface AdoptOptions {
  apply?: boolean;
  as?: string;
  policy: string;
  set: string[];
  json?: boolean;
}

/** What became of a change. */
type Outcome = 'would' | 'done' | 'already';

/** Says how an existing secret is taken over. With `apply`, also makes the secret and the tag that the entry needs: never overwrites a value. */
export async function adopt(
  named: string,
  options: AdoptOptions,
  { account, terminal }: { account: Account; terminal: Terminal },
): Promise<ExitCode> {
  const wishes: Wishes = { known: knownOf(options.set), policy: options.policy, as: options.as };
  const name = secretNameOf(named);
  await refuseInventoried(name, account);
  const secret = await account.existingSecret(named);
  if (secret === undefined) throw new KeyturnError('SecretNotFound', `there is no secret ${name}`);
  const plan = planAdoption(secret, await account.currentValue(named), wishes);
  const outcomes: Outcome[] = [];
  for (const change of plan.changes)
    outcomes.push(options.apply ? await apply(change, account) : await foresee(change, account));
  const { what, kind, source, entry, notes, needs } = plan;
  const changes = plan.changes.map((change, index) => ({ outcome: outcomes[index] ?? 'would', ...shown(change) }));
  if (options.json) {
    terminal.out(JSON.stringify({ secret: name, what, kind, source, entry, notes, needs, changes }, null, 2));
    return 0;
  }
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) for (const line of ['', title, ...lines]) terminal.out(line);
  };
  terminal.out(`${name} holds ${what}`);
  // Without the braces around it: a line of the inventory's `secrets`.
  const pasted = typescript({ [source]: entry }, '  ')
    .slice(1, -1)
    .trim();
  section('Add to the secrets in bin/inventory.ts:', [`    ${pasted.replace(/,?$/, ',')}`]);
  section(
    'Look at:',
    notes.map((note) => `  - ${note}`),
  );
  section(
    'The target needs, before the first rotation:',
    needs.map((need) => `  ${need}`),
  );
  section(options.apply ? 'Done:' : 'With --apply:', changes.map(wordsOf));
  if (!options.apply) terminal.out('\nNothing was changed.');
  return 0;
}

function knownOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new KeyturnError('InvalidInput', '--set takes name=value, such as adminSecret=db/admin');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** @throws InvalidInput for what Keyturn has already */
async function refuseInventoried(name: string, account: Account): Promise<void> {
  const entries = await account.entries();
  const refuse = (what: string) => new KeyturnError('InvalidInput', `${name} is ${what} already; see keyturn status`);
  if (entries.some(({ secret }) => secret === name)) throw refuse('in the inventory');
  const source = entries.find(({ views }) => views.some(({ secret }) => secret === name));
  if (source !== undefined) throw refuse(`a view of ${source.secret}`);
}

async function apply(change: Change, account: Account): Promise<Outcome> {
  if (change.action === 'tag') {
    await account.tag(change.secret, change.key, change.value);
    return 'done';
  }
  if (await account.createSecret(change.secret, change.value, change.kmsKeyId)) return 'done';
  await refuseOther(change, account);
  return 'already';
}

/** What there is already is said before anybody applies it. */
async function foresee(change: Change, account: Account): Promise<Outcome> {
  if (change.action === 'tag' || (await account.existingSecret(change.secret)) === undefined) return 'would';
  await refuseOther(change, account);
  return 'already';
}

/** @throws InvalidInput when the secret of that name holds something else: it is left alone */
async function refuseOther(
  { secret, value, view }: Extract<Change, { action: 'create-secret' }>,
  account: Account,
): Promise<void> {
  if ((await account.currentValue(secret)).equals(value)) return;
  throw new KeyturnError(
    'InvalidInput',
    `${secret} exists and holds something else; it was left alone. The same login at another address (a pooler, a replica) is one more of its views, '${view.secret}': '${view.template}'; for another login choose a name with --as`,
  );
}

/** Without the value. */
function shown(change: Change): Record<string, string> {
  if (change.action === 'tag') return { ...change };
  return { action: change.action, secret: change.secret };
}

function wordsOf(change: Record<string, string>): string {
  const { outcome, action, secret, key, value } = change;
  if (outcome === 'already') return `  ${secret} exists already, with this credential`;
  const isDone = outcome === 'done';
  if (action === 'create-secret') return `  ${isDone ? 'made' : 'make'} the secret ${secret} with this credential`;
  return `  ${isDone ? 'tagged' : 'tag'} ${secret} with ${key}=${value}`;
}
