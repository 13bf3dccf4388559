import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operator, type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { makeEstate } from './harness.ts';
import { kind, propose, rotate, turn } from './rotate.ts';

type Entry = [id: number, at: number, micros: number, command: string[], client: string, name: string];

describe.runIf(redisInstalled()).each(['aclfile', 'config'] as const)('what the server sees (%s)', (users) => {
  let servers: RedisServers;
  beforeAll(async () => {
    const settings = ['slowlog-log-slower-than 0', 'slowlog-max-len 10000'];
    servers = await startRedis({ users, settings });
  });
  afterAll(() => servers?.stop());

  /** Every command of one client's, by connection; those of redis-cli are not ours. */
  async function commandsOf(work: () => Promise<unknown>): Promise<string[][]> {
    await servers.primary.command('SLOWLOG', 'RESET');
    await work();
    const log = await servers.primary.json<Entry[]>('SLOWLOG', 'GET', '10000');
    const byClient = new Map<string, string[]>();
    for (const [, , , command, client] of log.sort(([a], [b]) => a - b)) {
      byClient.set(client, [...(byClient.get(client) ?? []), command.slice(0, 2).join(' ').toUpperCase()]);
    }
    // redis-cli, which asks for the log here, says HELLO and SLOWLOG.
    return [...byClient.values()].filter((commands) => !commands.some((text) => /^(HELLO|SLOWLOG)/.test(text)));
  }

  const gathering = ['ACL GETUSER', 'INFO', 'CONFIG GET', 'CONFIG GET', 'CONFIG GET', 'CONFIG GET'];
  const kept = users === 'aclfile' ? 'ACL SAVE' : 'CONFIG REWRITE';

  it('is three logins in the four steps, and what each asks', async () => {
    const estate = await makeEstate(servers);
    let current = estate.current;
    for (const again of [1, 2, 3]) {
      const seen = await commandsOf(async () => {
        ({ value: current } = await rotate(estate, current));
      });
      expect(seen, `turn ${again}`).toEqual([
        ['AUTH (REDACTED)', ...gathering, 'ACL SETUSER', kept],
        ['AUTH (REDACTED)'],
        ['AUTH (REDACTED)'],
      ]);
    }
    expect(await estate.failedLogins()).toBe(0);
  });

  it('is exactly one failed login in the proof', async () => {
    const estate = await makeEstate(servers);
    const { context, current, pending } = await rotate(estate);
    const versions = { retire: current, keep: pending };
    const disabling = await commandsOf(() => kind.disable(context, versions));
    expect(disabling).toEqual([['AUTH (REDACTED)', ...gathering, 'ACL SETUSER', kept, 'CLIENT LIST']]);
    const refusals = await kind.proveRefused(context, versions);
    expect(refusals).toEqual([{ endpoint: `127.0.0.1:${servers.primary.port}`, error: 'WRONGPASS' }]);
    expect(await estate.failedLogins()).toBe(1);
  });

  it('is no password in the clear, neither in SLOWLOG nor in MONITOR', async () => {
    const estate = await makeEstate(servers);
    const cli = ['-p', String(servers.primary.port), '--user', operator.user, '--no-auth-warning', 'MONITOR'];
    const monitor = spawn('redis-cli', cli, { env: { ...process.env, REDISCLI_AUTH: operator.password } });
    let seen = '';
    monitor.stdout.on('data', (bytes) => {
      seen += bytes;
    });
    await servers.primary.command('SLOWLOG', 'RESET');
    const passwords = [...estate.otherSecrets.slice(0, 1)];
    let current = estate.current;
    for (const _turn of [1, 2, 3]) {
      passwords.push(current.parse(JSON.parse).password);
      ({ value: current } = await turn(estate, current));
    }
    passwords.push(current.parse(JSON.parse).password);
    while (!seen.includes('the end')) await servers.primary.command('ECHO', 'the end');
    monitor.kill();
    const log = JSON.stringify(await servers.primary.json('SLOWLOG', 'GET', '10000'));
    expect(log.match(/"ACL","SETUSER","/gi)).toHaveLength(6);
    expect(seen).toMatch(/"INFO"/i);
    expect(new Set(passwords).size).toBe(5);
    for (const password of passwords) {
      expect(log.includes(password)).toBe(false);
      expect(seen.includes(password)).toBe(false);
    }
  });

  it('is nobody of ours any more the moment that a verb has returned', async () => {
    const estate = await makeEstate(servers);
    const { context, current, pending } = propose(estate);
    const ours = async () => (await servers.primary.command('CLIENT', 'LIST')).match(/user=(app|rotator)\S*/g);
    await kind.install(context, { pending, current });
    expect(await ours()).toBeNull();
    for (let at = 0; at < 20; at += 1) {
      await kind.verify(context, pending);
      expect(await ours(), `turn ${at}`).toBeNull();
    }
    await kind.lastUse(context, current, 0);
    expect(await ours()).toBeNull();
    await kind.verify(context, { ...pending, password: estate.current }).catch(() => undefined);
    expect(await ours()).toBeNull();
  });
});
