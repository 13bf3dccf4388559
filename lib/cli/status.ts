import type { Clock } from '../core/clock.ts';
import type { SecretEntry } from '../core/entry.ts';
import { KeyturnError } from '../core/errors.ts';
import type { SecretState } from '../core/ports.ts';
import { phaseOf } from '../core/rollout/phase.ts';
import type { OpenRollout } from '../core/rollout/standing.ts';
import type { Account } from './account.ts';
import type { ExitCode } from './failure.ts';
import { findEntry } from './find-entry.ts';
import { inTurns } from './in-turns.ts';
import { type StatusRow, statusRow } from './status-row.ts';
import { statusTable } from './status-table.ts';
import type { Terminal } from './terminal.ts';

export interface StatusOptions {
  json?: boolean;
  check?: boolean;
}

/** Secrets that are looked at at a time: four or five calls each, well below Secrets Manager's request quotas. */
const CONCURRENCY = 8;

/** Prints where secrets stand; without names, every secret of the inventory. Read-only, and reads no value. */
export async function status(
  named: readonly string[],
  { json = false, check = false }: StatusOptions,
  { account, clock, terminal }: { account: Account; clock: Clock; terminal: Terminal },
): Promise<ExitCode> {
  const inventory = (await account.entries()).sort((left, right) => (left.secret < right.secret ? -1 : 1));
  const wanted =
    named.length === 0 ? inventory : await Promise.all(named.map((name) => findEntry(name, inventory, account)));
  const open = new Map((await account.openRollouts()).map((attempt) => [attempt.secretArn, attempt]));
  const rows = await inTurns(wanted, CONCURRENCY, (entry) =>
    look(entry, account, clock, async (secretArn): Promise<OpenRollout | undefined> => {
      const attempt = open.get(secretArn);
      if (attempt === undefined) return undefined;
      const entered = await account.enteredStates(attempt.executionArn);
      const phase = phaseOf(entered.reverse().map(({ name }) => name));
      const task = phase === 'awaiting a human' ? await account.humanTask(attempt.executionArn) : undefined;
      return { versionId: attempt.versionId, phase, task };
    }),
  );
  if (json) terminal.out(JSON.stringify(rows, null, 2));
  else for (const line of statusTable(rows, terminal.colors)) terminal.out(line);
  return check && rows.some(({ attention }) => attention.length > 0) ? 1 : 0;
}

async function look(
  entry: SecretEntry,
  account: Account,
  clock: Clock,
  openOf: (secretArn: string) => Promise<OpenRollout | undefined>,
): Promise<StatusRow> {
  const nowMs = clock.nowMs();
  const last = await account.newestRecord(entry.secret);
  try {
    const state: SecretState = await account.describe(entry.secret);
    const dates = await account.versionDates(state.arn);
    return statusRow({ entry, state, dates, open: await openOf(state.arn), last, nowMs });
  } catch (error) {
    if (!(error instanceof KeyturnError && error.code === 'SecretNotFound')) throw error;
    return statusRow({ entry, state: undefined, dates: {}, open: undefined, last, nowMs });
  }
}
