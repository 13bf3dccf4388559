import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookScript } from '../../../lib/kinds/ssh-key/scripts/look.ts';
import { judge, parseSighting, type Sighting } from '../../../lib/kinds/ssh-key/sightings.ts';

const own = `SHA256:${'a'.repeat(43)}`;
const other = `SHA256:${'b'.repeat(43)}`;
const accepted = (fingerprint: string, user = 'deploy', from = '10.0.0.1') =>
  `Accepted publickey for ${user} from ${from} port 51234 ssh2: ED25519 ${fingerprint}`;

describe('what a host tells of its log', () => {
  let folder: string;
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyturn-look-'));
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object') port = address?.port ?? 0;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  async function look(log: string | undefined, path = ''): Promise<Sighting> {
    const deadline = Math.ceil(Date.now() / 1000) + 60;
    const script = lookScript({ user: 'deploy', port, log, fingerprint: own, since: 0, end: false, deadline });
    const stdout = await new Promise<string>((resolve, reject) => {
      const env = { ...process.env, PATH: `${path}${process.env['PATH']}`, TZ: 'Europe/Berlin' };
      execFile('/bin/sh', ['-c', script], { env }, (error, out) => (error ? reject(error) : resolve(out)));
    });
    return parseSighting(stdout, 'deploy', own);
  }

  it('in rsyslog’s format, with the file before it: uses of the key by the user, and no others', async () => {
    const log = join(folder, 'auth.log');
    await writeFile(`${log}.1`, '2026-11-01T00:00:00.000000+01:00 web sshd[1]: Server listening on :: port 22.\n');
    await writeFile(
      log,
      [
        `2026-11-21T10:00:00.123456+01:00 web sshd[10]: ${accepted(other)}`,
        `2026-11-21T10:00:01.5+01:00 web sshd-session[11]: ${accepted(own, 'deploy', '10.0.0.9')}`,
        `2026-11-21T10:00:02+01:00 web sshd[12]: ${accepted(own, 'admin')}`,
        `2026-11-21T10:00:03+01:00 web other[13]: ${accepted(own)}`,
        `2026-11-21T10:00:04+01:00 web sshd[14]: Failed publickey for deploy from 10.0.0.1 port 1 ssh2: ED25519 ${own}`,
        '',
      ].join('\n'),
    );
    expect(await look(log)).toMatchObject({
      source: 'file',
      listens: true,
      seen: true,
      firstMs: Date.parse('2026-10-31T23:00:00Z'),
      uses: [{ atMs: Date.parse('2026-11-21T09:00:01.500Z'), from: '10.0.0.9' }],
      sessions: [],
      untold: 0,
    });
  });

  it('in the classic format, whose times the host itself explains, and which end with their second', async () => {
    const log = join(folder, 'secure');
    const month = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'Europe/Berlin' }).format(Date.now());
    await writeFile(
      log,
      `${month}  1 00:00:00 web systemd[1]: Started.\n${month}  1 00:00:05 web sshd[10]: ${accepted(own)}\n`,
    );
    const { firstMs, uses, nowMs } = await look(log);
    expect(uses).toHaveLength(1);
    expect((uses[0]?.atMs ?? 0) - (firstMs ?? 0)).toBe(5_000);
    expect((firstMs ?? 0) % 1000).toBe(999);
    expect(firstMs).toBeLessThan(nowMs + 86_400_000);
  });

  it('from the journal, where sshd writes there', async () => {
    const at = (seconds: number) => `${seconds}.250000 web sshd[10]: ${accepted(own)}`;
    await writeFile(join(folder, 'journalctl'), `#!/bin/sh\nprintf '%s\\n' '${at(1_700_000_000)}'\n`, { mode: 0o755 });
    expect(await look(undefined, `${folder}:`)).toMatchObject({
      source: 'journal',
      firstMs: 1_700_000_000_250,
      uses: [{ atMs: 1_700_000_000_250, from: '10.0.0.1' }],
    });
  });

  it('is nothing where the log cannot be read', async () => {
    expect(await look(join(folder, 'none'))).toMatchObject({ source: 'none', seen: false, uses: [] });
  });

  it('stays far below what Systems Manager hands on, however often the key is used', async () => {
    const log = join(folder, 'busy');
    await writeFile(log, `2026-11-21T10:00:00+01:00 web sshd[10]: ${accepted(own)}\n`.repeat(5_000));
    expect((await look(log)).uses).toHaveLength(40);
  });
});

describe('connections', () => {
  const told = (...rows: string[]) => parseSighting(['now|1', ...rows].join('\n'), 'deploy', own);

  it('are the key’s when the log says so of one of their processes', () => {
    const rows = [`live|7|deploy ${own} 10.0.0.1`, 'held|90|7|sshd: deploy [priv]', 'held|90|8|sshd: deploy@pts/0'];
    expect(told(...rows)).toMatchObject({ sessions: ['10.0.0.1'], untold: 0 });
    expect(told(`live|7|admin ${own} 10.0.0.1`, 'held|90|7|sshd: admin [priv]')).toMatchObject({
      sessions: [],
      untold: 0,
    });
  });

  it('are untold when the log is silent and they may be the user’s', () => {
    expect(told('held|90|7|sshd: deploy [priv]', 'held|90|8|sshd: deploy@notty').untold).toBe(1);
    expect(told('held|90|7|sshd-session: deploy [priv]').untold).toBe(1);
    expect(told('held|90|7|/usr/sbin/sshd -i').untold).toBe(1);
    expect(told('held|90|7|sshd: admin [priv]', 'held|91|9|sshd: deployer@pts/1').untold).toBe(0);
  });
});

describe('the judgement', () => {
  const asked = { host: 'web:22', sinceMs: 1_000_000, askedAtMs: 2_000_000, answeredAtMs: 2_001_000 };
  const quiet: Sighting = {
    nowMs: 2_000_500,
    source: 'file',
    listens: true,
    firstMs: 500_000,
    seen: true,
    uses: [],
    sessions: [],
    untold: 0,
  };

  it.each<[string, Partial<Sighting>, string]>([
    ['a quiet host', {}, 'unused'],
    ['a login before the promotion', { uses: [{ atMs: 999_999, from: 'x' }] }, 'unused'],
    ['a login after it', { uses: [{ atMs: 1_000_001, from: 'x' }] }, 'used'],
    ['a login at a time that cannot be read', { uses: [{ atMs: undefined, from: 'x' }] }, 'used'],
    ['a session, however old', { sessions: ['x'] }, 'used'],
    ['a session, although nothing else can be told', { sessions: ['x'], source: 'none', listens: false }, 'used'],
    ['a session of nobody knows whom', { untold: 1 }, 'unknown'],
    ['nothing that listens', { listens: false }, 'unknown'],
    ['no log', { source: 'none', firstMs: undefined }, 'unknown'],
    ['a log that begins after the promotion', { firstMs: 1_000_001 }, 'unknown'],
    ['a log that shows no login at all', { seen: false }, 'unknown'],
    ['a clock that is behind', { nowMs: 1_994_000 }, 'unknown'],
    ['a clock that is ahead', { nowMs: 2_007_000 }, 'unknown'],
    ['no clock', { nowMs: Number.NaN }, 'unknown'],
  ])('of %s: %s', (_, changes, state) => {
    expect(judge({ ...quiet, ...changes }, asked)).toMatchObject({ state });
  });
});
