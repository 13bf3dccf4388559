import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { makeEstate } from '../kinds/postgres/harness.ts';
import { kind, withFields } from '../kinds/postgres/rotate.ts';
import { type PostgresServer, releases, startPostgres } from '../support/postgres-server.ts';
import { openDoor } from '../support/tcp-door.ts';
import { furnish, turned, untouched } from './turns.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const servers: PostgresServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

describe.each(releases.map((release) => [release.name, release] as const))('passwordcheck on %s', (_, release) => {
  const start = async () => {
    const server = await startPostgres({ release, settings: { shared_preload_libraries: 'passwordcheck' } });
    servers.push(server);
    return server;
  };

  it('sees verifiers and not passwords, so that one that it refuses as text passes', async () => {
    const server = await start();
    await server.sql('CREATE ROLE probe LOGIN');
    await expect(server.sql(`ALTER ROLE probe PASSWORD 'short'`)).rejects.toMatchObject({ code: '22023' });
    const estate = await makeEstate(server);
    const weak = SecretValue.of('short');
    const turns = await furnish(
      { ...kind, propose: (target, current) => withFields(kind.propose(target, current), { password: weak.reveal() }) },
      estate,
      { log: () => server.log() },
    );
    closing.push(() => turns.house.close());
    expect((await turns.house.turn()).status).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('rejects a verifier of the user name: that value is discarded, and the next rotation brings another', async () => {
    const server = await start();
    const estate = await makeEstate(server);
    let proposed = 0;
    const turns = await furnish(
      {
        ...kind,
        propose(target, current) {
          proposed += 1;
          const value = kind.propose(target, current);
          return proposed === 1 ? withFields(value, { password: estate.clone }) : value;
        },
      },
      estate,
      { log: () => server.log() },
    );
    closing.push(() => turns.house.close());
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'setSecret', code: 'PendingPoisoned' });
    expect(failure.message).toContain('SQLSTATE 22023');
    expect((await turns.house.labelsOf())['AWSPENDING']).toBeUndefined();
    expect(await turns.standing()).toEqual(untouched);
    expect((await turns.house.turn()).status).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
    expect(proposed).toBe(2);
  });
});

/**
 * Policies that cannot be installed here, as they are seen on the wire: an ErrorResponse and ReadyForQuery in answer to
 * the statement. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
describe('a policy that rejects every verifier', () => {
  it.each([
    ['credcheck, by default', '28000', 'check_password'],
    ['a hook of pg_tle', 'P0001', 'exec_stmt_raise'],
  ])('(%s) poisons the pending value, says so, and blocks no later rotation', async (_, sqlstate, routine) => {
    const server = await startPostgres();
    servers.push(server);
    const door = await openDoor(server);
    closing.push(door.close);
    door.onClientData = (bytes, reply) => {
      if (!bytes.includes("PASSWORD 'SCRAM-SHA-256$")) return 'pass';
      reply(rejection(sqlstate, routine));
      return 'swallow';
    };
    const estate = await makeEstate(server, { door });
    const turns = await furnish(kind, estate, { log: () => server.log() });
    closing.push(() => turns.house.close());
    for (const _again of [1, 2]) {
      const failure = await turns.rotationFails();
      expect(failure).toMatchObject({ step: 'setSecret', code: 'PendingPoisoned' });
      expect(failure.message).toContain(`SQLSTATE ${sqlstate}`);
      expect(failure.message).toContain('credcheck.encrypted_password_allowed = on');
      expect(failure.message).not.toContain('hunter2');
      expect((await turns.house.labelsOf())['AWSPENDING']).toBeUndefined();
      expect(await turns.standing()).toEqual(untouched);
    }
    door.onClientData = undefined;
    expect((await turns.house.turn()).status).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });
});

function rejection(sqlstate: string, routine: string): Buffer {
  const fields = { S: 'ERROR', V: 'ERROR', C: sqlstate, M: 'not "hunter2"', F: 'policy.c', R: routine };
  const text = Object.entries(fields).map(([name, value]) => `${name}${value}\0`);
  return Buffer.concat([message('E', Buffer.from(`${text.join('')}\0`)), message('Z', Buffer.from('I'))]);
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}
