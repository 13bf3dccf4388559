import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTarget } from '../../../lib/kinds/ssh-key/schema.ts';
import { fastClock } from '../../support/clocks.ts';
import { sshdInstalled, startSshd } from '../../support/sshd-server.ts';
import { type EstateOptions, type Hosts, instanceIdOf, linesAt, makeEstate, startHosts } from './harness.ts';
import { failure, kind, propose, rotate } from './rotate.ts';

const installed = sshdInstalled();
let hosts: Hosts;
beforeAll(async () => {
  if (installed) hosts = await startHosts({ count: 2 });
});
afterAll(() => hosts?.stop());

describe.runIf(installed)('a login', () => {
  /** A target whose one host is another. */
  const at = (changes: Record<string, unknown>): EstateOptions => {
    const [server] = hosts.servers;
    const host = { host: '127.0.0.1', port: server?.port, instanceId: instanceIdOf(0), hostKeys: [server?.hostKey] };
    return { target: { hosts: [{ ...host, ...changes }] } };
  };
  const verifyAt = async (changes: Record<string, unknown>) => {
    const estate = await makeEstate(hosts, at(changes));
    return kind.verify(estate.context(), propose(estate).current);
  };

  it('is TargetTlsFailed at a host that shows another key, which the message has, and sends it nothing', async () => {
    const other = `SHA256:${'x'.repeat(43)}`;
    const before = (await hosts.servers[0]?.logged()) ?? '';
    const error = await failure('TargetTlsFailed', verifyAt({ hostKeys: [other] }));
    expect(error.message).toContain(hosts.servers[0]?.hostKey);
    const after = ((await hosts.servers[0]?.logged()) ?? '').slice(before.length);
    expect(after).not.toMatch(/Accepted|Postponed|Failed publickey/);
  });

  it('names what DNS, TCP and time have to say apart from each other', async () => {
    await failure('TargetUnresolved', verifyAt({ host: 'nowhere.invalid' }));
    const free = await listening();
    await free.close();
    await failure('TargetUnreachable', verifyAt({ port: free.port }));
    const mute = await listening();
    const estate = await makeEstate(hosts, at({ port: mute.port }));
    const context = estate.context(AbortSignal.timeout(300));
    await failure('TargetTimeout', kind.verify(context, propose(estate).current));
    await mute.close();
    const hangingUp = await listening((socket) => socket.destroy());
    const error = await failure('TargetUnreachable', verifyAt({ port: hangingUp.port }));
    expect(error.message).toContain('before it said who it is');
    await hangingUp.close();
  });

  it('is WrongEffectiveIdentity where the user’s commands are forced, and runs nothing with probe: authentication', async () => {
    const estate = await makeEstate(hosts);
    const { current } = propose(estate);
    const { type, blob } = current.publicKey;
    const forced = await makeEstate(hosts, { lines: [`command="echo forced; id -u" ${type} ${blob}`] });
    await failure('WrongEffectiveIdentity', kind.verify(estate.context(), current));
    const target = { ...forced.target, probe: 'authentication' as const };
    const logged = (await hosts.servers[0]?.logged())?.length ?? 0;
    await kind.verify({ ...estate.context(), target }, current);
    expect((await hosts.servers[0]?.logged())?.slice(logged)).not.toContain('Starting session');
    // Let in is let in, whatever the probe said.
    await failure(
      'StillAccepted',
      kind.proveRefused(estate.context(), { retire: current, keep: propose(forced).current }),
    );
  });

  it('is TargetUnfit where keys are not taken, or are not enough: that is no refusal of the key', async () => {
    const passwords = await startSshd({ settings: ['PubkeyAuthentication no', 'PasswordAuthentication yes'] });
    const both = await startSshd({
      settings: ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password'],
    });
    try {
      for (const [some, words] of [
        [passwords, 'does not take keys'],
        [both, 'on top'],
      ] as const) {
        const estate = await makeEstate({ ...hosts, servers: [some] });
        const { context, current } = propose(estate);
        const error = await failure('TargetUnfit', kind.verify(context, current));
        expect(error.message).toContain(words);
        await failure('NotProven', kind.proveRefused(context, { retire: current, keep: current }));
      }
    } finally {
      await Promise.all([passwords.stop(), both.stop()]);
    }
  });

  it('is CurrentMoved when the key to retire is the one to keep, InvalidInput for what is no fingerprint', async () => {
    const { context, current } = propose(await makeEstate(hosts));
    await failure('CurrentMoved', kind.disable(context, { retire: current, keep: current }));
    await failure('InvalidInput', kind.discard(context, 'SHA256:short'));
  });

  describe('and Systems Manager', () => {
    const register = (changes = {}) =>
      hosts.ssm.runCommand.register({
        instanceId: instanceIdOf(0),
        tags: { 'keyturn:ssh': 'true' },
        folder: `${hosts.servers[0]?.folder}/agent`,
        ...changes,
      });

    it('may not send to a host without the tag of consent', async () => {
      register({ tags: {} });
      const { context, current, pending } = propose(await makeEstate(hosts));
      const error = await failure('AccessDenied', kind.install(context, { pending, current }));
      expect(error.message).toContain('keyturn:ssh=true');
      register();
    });

    it('does not know a host that is gone, and does not reach one whose agent is away: later it changes nothing there', async () => {
      const options = at({ instanceId: 'i-0fedcba9876543210' });
      hosts.ssm.runCommand.register({
        instanceId: 'i-0fedcba9876543210',
        tags: { 'keyturn:ssh': 'true' },
        folder: '/',
        online: false,
      });
      const away = propose(await makeEstate(hosts, { ...options, clock: fastClock(Date.now()) }));
      await failure('TargetTimeout', kind.install(away.context, away));
      expect(await kind.lastUse(away.context, away.current, 0)).toMatchObject({ state: 'unknown' });
      // The agent comes back while the command still waits for it: too late.
      register();
      hosts.ssm.runCommand.deregister('i-0fedcba9876543210');
      // IAM looks at tags first, and a node that does not exist has none.
      await failure('AccessDenied', kind.install(away.context, away));
    });

    it('hands on what a host’s script says', async () => {
      const nowhere = await makeEstate(hosts, { target: { authorizedKeys: '/nowhere/keys' } });
      const error = await failure('TargetUnfit', kind.install(nowhere.context(), propose(nowhere)));
      expect(error.message).toMatch(
        /^127\.0\.0\.1:\d+ \(i-0123456789abcdef0\): there is no folder \/nowhere \(exit 69\)$/,
      );
      const estate = await makeEstate(hosts);
      const { context, current, pending } = propose(estate);
      const unknown = await failure('TargetUnfit', kind.disable(context, { retire: current, keep: pending }));
      expect(unknown.message).toContain('no line with the key that is to stay');
      expect(await estate.logIn(estate.current)).toBe('accepted');
    });

    it('may be late: a script whose time is over changes nothing', async () => {
      const behind = { ...fastClock(Date.now() - 120_000) };
      const estate = await makeEstate(hosts, { clock: behind });
      await failure('TargetTimeout', kind.install(estate.context(), propose(estate)));
      const [server] = hosts.servers;
      expect(server && (await linesAt(server))).toHaveLength(1);
    });
  });
});

describe.runIf(installed)('two hosts', () => {
  it('each have both lines during the overlap, marked and with the options; one without the new line is no proof', async () => {
    // Each sshd has a file of its own, and the inventory names the first's: the second gets no line.
    const estate = await makeEstate(hosts, { target: { options: 'no-port-forwarding' }, lines: ['# of the team'] });
    const [first] = hosts.servers;
    if (first === undefined) throw new Error('no host');
    const { context, current, pending } = propose(estate);
    const single = { ...estate.target, hosts: estate.target.hosts.slice(0, 1) };
    const one = { ...context, target: single };
    await kind.install(one, { pending, current });
    const lines = await linesAt(first);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(
      new RegExp(
        `^no-port-forwarding ssh-ed25519 \\S+ keyturn:shop/deploy-\\d+~[0-9a-f]{12}:${pending.publicKey.fingerprint.replaceAll(/[+/]/g, '\\$&')}$`,
      ),
    );
    // The second host has no line with the new key, so the old one stays there, and there is no login.
    await failure('AuthenticationRefused', kind.verify(context, pending));
    await kind.disable(one, { retire: current, keep: pending });
    expect(await linesAt(first)).toEqual(['# of the team', lines[2]]);
    await failure('NotProven', kind.proveRefused(context, { retire: current, keep: pending }));
    expect(await kind.proveRefused(one, { retire: current, keep: pending })).toEqual([
      { endpoint: `127.0.0.1:${first.port}`, error: 'Permission denied (publickey)' },
    ]);
  });

  it('lose what an abandoned rotation left, when the next one has been proven', async () => {
    const estate = await makeEstate(hosts);
    const target = { ...estate.target, hosts: estate.target.hosts.slice(0, 1) };
    const only = { ...estate, target, context: () => ({ ...estate.context(), target }) };
    const abandoned = await rotate(only);
    const next = await rotate(only);
    await kind.disable(next.context, { retire: next.current, keep: next.pending });
    const [first] = hosts.servers;
    expect(first && (await linesAt(first))).toHaveLength(1);
    await failure('AuthenticationRefused', kind.verify(next.context, abandoned.pending));
    await kind.verify(next.context, next.pending);
  });
});

it('parses targets, and names the place of a mistake', () => {
  const host = { host: 'web-1', instanceId: 'i-0123456789abcdef0', hostKeys: [`SHA256:${'x'.repeat(43)}`] };
  const whole = { user: 'deploy', hosts: [host] };
  expect(parseTarget(whole)).toMatchObject({ hosts: [{ port: 22 }], probe: 'id' });
  const mistake = (changes: object) => {
    try {
      parseTarget({ ...whole, ...changes });
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };
  expect(mistake({ user: "a'b" })).toMatch(/^target\.user:/);
  expect(mistake({ user: '-rf' })).toMatch(/^target\.user:/);
  expect(mistake({ hosts: [] })).toMatch(/^target\.hosts:/);
  expect(mistake({ hosts: [{ ...host, hostKeys: [] }] })).toContain('nobody is trusted at first sight');
  expect(mistake({ hosts: [{ ...host, instanceId: 'web-1' }] })).toMatch(/^target\.hosts\.0\.instanceId:/);
  expect(mistake({ hosts: [host, host] })).toMatch(/^target\.hosts\.1\.instanceId: stands there twice/);
  expect(mistake({ authorizedKeys: 'keys' })).toMatch(/^target\.authorizedKeys:/);
  expect(mistake({ authorizedKeys: '/a/{{ssm:x}}' })).toContain('Systems Manager would replace it');
  expect(mistake({ options: 'from="{{ssm:x}}"' })).toContain('Systems Manager would replace it');
  expect(mistake({ options: 'no-pty ssh-rsa AAAA' })).toMatch(/^target\.options:/);
  expect(mistake({ options: 'from="a\nb"' })).toMatch(/^target\.options:/);
  expect(mistake({ options: 'from="10.0.0.0/8, ::1",no-pty' })).toBe('taken');
  expect(mistake({ options: 'command="backup now"' })).toMatch(/^target\.probe:/);
  expect(mistake({ options: 'command="backup now"', probe: 'authentication' })).toBe('taken');
  expect(mistake({ noLastUse: 'x' })).toContain('say why');
});

/** Something at a port that is not sshd. */
async function listening(onConnection: Parameters<typeof createServer>[1] = () => undefined) {
  const open = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
