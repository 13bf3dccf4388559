import type { Target } from '../../../kinds/postgres/schema.ts';
import type { Outcome } from '../stand-in.ts';
import type { Server } from './server.ts';

/** Everything that the services made belongs to the base role, and nobody uses the login that had to go. */
export async function faultsAt(
  { target, server }: { target: Target; server: Server },
  { gone }: Outcome,
): Promise<string[]> {
  const { user, database } = target;
  const strangers = await server.sql(
    "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public' AND tableowner = $1",
    [`${user}_clone`],
    database,
  );
  const faults = strangers.map(({ tablename, tableowner }) => `the table ${tablename} belongs to ${tableowner}`);
  if (gone === undefined) return faults;
  const { username } = JSON.parse(gone) as { username: string };
  const sessions = await server.sql('SELECT 1 FROM pg_stat_activity WHERE usename = $1', [username]);
  return [...faults, ...sessions.map(() => `a session of ${username} is left`)];
}
