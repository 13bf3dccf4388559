import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EstateOptions, makeEstate, replayed } from '../kinds/postgres/harness.ts';
import { kind } from '../kinds/postgres/rotate.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { openDoor, type TcpDoor } from '../support/tcp-door.ts';
import { bothWork, furnish, type Turns, turned, untouched } from './turns.ts';

const authority = createCertificateAuthority('The right CA');
const another = createCertificateAuthority('Another CA');

/** The login's own 5 s, and what a busy machine adds. */
const budgetMs = 9_000;

let server: PostgresServer;
let elsewhere: PostgresServer;
let impostor: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ tls: authority.issue(['127.0.0.1']), replica: true });
  elsewhere = await startPostgres({ tls: authority.issue(['db.elsewhere.example']) });
  impostor = await startPostgres({ tls: another.issue(['127.0.0.1']) });
});
afterAll(() => Promise.all([server?.stop(), elsewhere?.stop(), impostor?.stop()]));

interface Fault {
  name: string;
  strike(door: TcpDoor): void | Promise<void>;
  code: string;
  says: RegExp;
}

/** What happens between Keyturn and the server, and how setSecret and Disable name it. */
const faults: Fault[] = [
  {
    name: 'nothing listens any more',
    strike: (door) => door.shut(),
    code: 'TargetUnreachable',
    says: /nothing listens/,
  },
  {
    name: 'packets are dropped',
    strike: (door) => door.fallSilent(),
    code: 'TargetTimeout',
    says: /no answer in time/,
  },
  {
    name: 'the connection is reset',
    strike: (door) => {
      door.onConnection = () => door.cut();
    },
    code: 'TargetUnreachable',
    says: /reset|closed/,
  },
  {
    name: 'the certificate is for another host',
    strike: (door) => door.open(elsewhere),
    code: 'TargetTlsFailed',
    says: /not for this host name/,
  },
  {
    name: 'the certificate is of an unknown CA',
    strike: (door) => door.open(impostor),
    code: 'TargetTlsFailed',
    says: /does not lead to a CA of target\.tls/,
  },
  {
    name: 'the host has become a read-only standby',
    async strike(door) {
      await replayed(server);
      await door.open({ host: server.host, port: server.replicaPort ?? 0 });
    },
    code: 'TargetFailed',
    says: /read-only standby \(25006\)/,
  },
];

async function behindDoor(options: EstateOptions = {}) {
  const door = await openDoor(server);
  const estate = await makeEstate(server, { door, target: { tls: { ca: authority.certificate } }, ...options });
  const turns = await furnish(kind, estate, { log: () => server.log() });
  return { door, turns, close: async () => Promise.all([turns.house.close(), door.close()]) };
}

/** One test's world, closed at its end. */
async function within(work: (door: TcpDoor, turns: Turns<unknown>) => Promise<void>): Promise<void> {
  const { door, turns, close } = await behindDoor();
  try {
    await work(door, turns as Turns<unknown>);
  } finally {
    await close();
  }
}

describe.concurrent.each(faults.map((fault) => [fault.name, fault] as const))(
  'when %s',
  {
    timeout: 60_000,
  },
  (_name, { strike, code, says }) => {
    const mend = (door: TcpDoor) => {
      door.onConnection = undefined;
      return door.open();
    };

    it('in setSecret, nothing is promoted, and the reattempt goes through', () =>
      within(async (door, turns) => {
        turns.before('setSecret', () => strike(door));
        const failure = await turns.rotationFails();
        expect(failure).toMatchObject({ step: 'setSecret', code, message: expect.stringMatching(says) });
        expect(failure.tookMs).toBeLessThan(budgetMs);
        expect(await turns.standing()).toEqual(untouched);
        await mend(door);
        expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
        expect(await turns.standing()).toEqual(turned);
      }));

    it('in testSecret, nothing is promoted, and the reattempt goes through', () =>
      within(async (door, turns) => {
        turns.before('testSecret', () => strike(door));
        const failure = await turns.rotationFails();
        expect(failure).toMatchObject({ step: 'testSecret', code, message: expect.stringMatching(says) });
        expect(failure.tookMs).toBeLessThan(budgetMs);
        expect(await turns.standing()).toEqual(untouched);
        await mend(door);
        expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
        expect(await turns.standing()).toEqual(turned);
      }));

    it.each([
      ['at the gates', 'last-use', 'GateClosed', bothWork],
      ['in Disable', 'disable', code, bothWork],
      // The old login is disabled by then, after every gate was open.
      ['in the proof', 'prove-refused', 'NotProven', turned],
    ])(
      '%s, the rollout holds with AWSCURRENT working, and the next attempt goes through',
      (_, op, expected, standing) =>
        within(async (door, turns) => {
          turns.before(op, () => strike(door));
          const failure = await turns.rolloutFails();
          expect(failure).toMatchObject({ code: expected, message: expect.stringMatching(says) });
          expect(failure.tookMs).toBeLessThan(budgetMs);
          expect(await turns.standing()).toEqual(standing);
          expect(turns.house.records.map(({ result }) => result)).toEqual(['held']);
          await mend(door);
          expect(await turns.resumed(failure)).toBe('SUCCEEDED');
          expect(await turns.standing()).toEqual(turned);
        }),
    );

    it('on the way back, the rollout holds with both credentials working', () =>
      within(async (door, turns) => {
        const [api] = turns.house.consumers.values();
        if (api) api.progressOf = () => ({ state: 'failed', reason: 'crash loop' });
        turns.before('verify-predecessor', () => strike(door));
        const failure = await turns.rolloutFails();
        expect(failure).toMatchObject({ code, message: expect.stringMatching(says) });
        expect(await turns.standing()).toEqual(bothWork);
        await mend(door);
        if (api) api.progressOf = () => ({ state: 'converged', detail: 'mended' });
        expect(await turns.resumed(failure)).toBe('SUCCEEDED');
        expect(await turns.standing()).toEqual(turned);
      }));
  },
);
