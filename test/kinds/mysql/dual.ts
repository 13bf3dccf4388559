import { setTimeout as wait } from 'node:timers/promises';
import type { Credential } from '../../../lib/kinds/mysql/credential.ts';
import { createKind } from '../../../lib/kinds/mysql/index.ts';
import type { Target } from '../../../lib/kinds/mysql/schema.ts';
import type { KindHarness } from '../../support/describe-kind.ts';
import { fromNow } from '../../support/leaks.ts';
import { type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { type EstateOptions, type MysqlEstate, makeEstate } from './harness.ts';
import { withFields } from './rotate.ts';

/** As `makeEstate`, for one user with two passwords. */
export async function makeDualEstate(server: MariadbServer, options: EstateOptions = {}): Promise<MysqlEstate> {
  const estate = await makeEstate(server, {
    ...options,
    target: { overlap: 'dual-passwords', ...options.target },
  });
  const { base, clone, current, mismatches } = estate;
  return {
    ...estate,
    absentIdentity: `${base}#0123456789abcdef`,
    mismatches: { ...mismatches, 'username of the clone': withFields(current, { username: clone }) },
    promotion: passPromotion,
  };
}

/** The process list has whole seconds: one of doubt, and one of rounding. */
export async function passPromotion(): Promise<number> {
  const promotedAtMs = Date.now() + 1;
  while (Date.now() < promotedAtMs + 2_000) await wait(50);
  return promotedAtMs;
}

/** For `describeKind` and the crash matrix: alternatives in MariaDB, which stand for the dual passwords of MySQL. */
export async function startDualHarness(): Promise<KindHarness<Target, Credential>> {
  const server = await startMariadb();
  return {
    kind: createKind(),
    estate: () => makeDualEstate(server),
    log: () => fromNow(() => server.log()),
    stop: () => server.stop(),
  };
}
