import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beganBefore, parseSessions } from '../../../lib/kinds/shared/redis-user/sessions.ts';
import { type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { Client, logInAt, makeEstate, openUse } from './harness.ts';
import { kind, rotate, turn } from './rotate.ts';

const soon = () => Date.now() + 60_000;

describe.runIf(redisInstalled())('sessions', () => {
  let servers: RedisServers;
  beforeAll(async () => {
    servers = await startRedis({ replicas: 1 });
  });
  afterAll(() => servers?.stop());

  it('from before the promotion are use, at whatever server, and say from where and since when', async () => {
    const estate = await makeEstate(servers);
    const { context, current } = await rotate(estate);
    const port = servers.nodes[1]?.port ?? 0;
    const use = await openUse(port, estate.current);
    expect(await kind.lastUse(context, current, 0, soon())).toEqual({
      state: 'used',
      detail: expect.stringMatching(
        new RegExp(
          `^at 127\\.0\\.0\\.1:${port} "${estate.user}" has 1 sessions from before the promotion \\(127\\.0\\.0\\.1; the oldest [0-3] s\\)$`,
        ),
      ),
    });
    await use.end();
    expect(await kind.lastUse(context, current, 0, soon())).toEqual({ state: 'unused' });
  });

  it('of others, and from after it, are none', async () => {
    const [estate, other] = [await makeEstate(servers), await makeEstate(servers)];
    const { context, current } = await rotate(estate);
    const uses = [
      await openUse(servers.primary.port, other.current),
      await openUse(servers.primary.port, estate.current),
    ];
    expect(await kind.lastUse(context, current, 0, Date.now() - 10_000)).toEqual({ state: 'unused' });
    for (const use of uses) await use.end();
  });

  it.each([
    ['waits for a list', 'BLPOP app:queue 0'],
    ['listens to a channel', 'SUBSCRIBE news'],
    ['is in a transaction', 'MULTI'],
  ])('end also when one %s', async (_, command) => {
    const rules = ['~app:*', '&news', '+@all'];
    const estate = await makeEstate(servers, { rules });
    const { context, current, pending } = await rotate(estate);
    const { username, password } = estate.current.parse(JSON.parse);
    const client = new Client(servers.primary.port);
    await client.ask(`AUTH ${username} ${password}`);
    const answered = client.ask(command);
    if (!command.startsWith('BLPOP')) await answered;
    await kind.disable(context, { retire: current, keep: pending, promotedAtMs: soon() });
    if (command.startsWith('BLPOP')) expect(await answered).toBe('closed');
    expect(await client.ask('PING')).toBe('closed');
  });

  it('end all, without a promotion to go by', async () => {
    const estate = await makeEstate(servers);
    const { context, value, current, pending } = await rotate(estate);
    const uses = [
      await openUse(servers.primary.port, value),
      await openUse(servers.nodes[1]?.port ?? 0, estate.current),
    ];
    await kind.disable(context, { retire: current, keep: pending });
    for (const use of uses) expect(await use.alive?.()).toBe(false);
  });

  it('that come back with the old password are refused, and both last use and the proof say from where', async () => {
    const estate = await makeEstate(servers);
    const { context, current, pending } = await turn(estate);
    const since = Date.now() + 50;
    while (Date.now() <= since);
    expect(await kind.lastUse(context, current, since)).toEqual({ state: 'unused' });
    for (const _try of [1, 2]) expect(await logInAt(servers.primary.port, estate.current)).toBe('refused');
    expect(await kind.lastUse(context, current, since)).toMatchObject({
      state: 'unknown',
      detail: expect.stringMatching(/refused logins of "app\d+", .*: \d from 127\.0\.0\.1 \(latest 0 s ago\)/),
    });
    // The one that is accepted is not asked about.
    expect(await kind.lastUse(context, pending, since)).toEqual({ state: 'unused' });
    const [proof] = await kind.proveRefused(context, { retire: current, keep: pending });
    expect(proof?.error).toMatch(/^WRONGPASS; logins of this user refused in the last minute: \d from 127\.0\.0\.1/);
  });
});

describe('a line of CLIENT LIST', () => {
  const line =
    'id=12 addr=[::1]:50204 laddr=127.0.0.1:6379 fd=8 name=a=b age=7 idle=7 flags=S db=0 sub=0 cmd=replconf user=app redir=-1 resp=2';

  it('says who, from where and for how long', () => {
    expect(parseSessions(`${line}\n`)).toEqual([
      { id: '12', user: 'app', address: '[::1]', ageSeconds: 7, replica: true },
    ]);
    expect(parseSessions('')).toEqual([]);
  });

  it.each([
    ['surely before', 8, 100_000, true],
    ['perhaps before, by rounding', 5, 100_000, true],
    ['surely after', 3, 100_000, false],
  ])('began %s', (_, ageSeconds, instantMs, before) => {
    const [session] = parseSessions(line);
    if (session === undefined) throw new Error('no session');
    expect(beganBefore({ ...session, ageSeconds }, instantMs, 105_500)).toBe(before);
  });

  it('without an age counts as from before: nothing is known', () => {
    const [session] = parseSessions('id=1 user=app');
    expect(session && beganBefore(session, 0, 1)).toBe(true);
  });
});
