import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { fastClock } from '../../support/clocks.ts';
import { redisInstalled } from '../../support/redis-server.ts';
import { logInAt, openUse } from '../redis/harness.ts';
import { type CacheEstate, type Cluster, makeEstate, startCluster } from './harness.ts';
import { asked, credentialIn, failure, kind, propose, renewKind, rotate } from './rotate.ts';

const soon = () => Date.now() + 60_000;

describe.runIf(redisInstalled())('a node-based cache', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ replicas: 1 });
  });
  afterAll(() => cluster?.stop());
  afterEach(() => {
    cluster.signAs('keyturn');
    renewKind();
  });

  /** Makes the list this, as the console does, and waits until it is so. */
  async function stateByHand({ userId }: CacheEstate, ...Passwords: string[]) {
    await change(userId, { AuthenticationMode: { Type: 'password', Passwords } });
  }

  async function change(UserId: string, what: object, arrived = true, { world } = cluster) {
    await world.perform(world.identities.rootPrincipal, 'elasticache', 'ModifyUser', { UserId, ...what });
    while (arrived && (await statusOf(UserId)) !== 'active') await wait(5);
  }

  async function describeUser(UserId: string, { world } = cluster) {
    const answer = await world.perform(world.identities.rootPrincipal, 'elasticache', 'DescribeUsers', { UserId });
    const [user] = (answer as { Users: { Status: string; AccessString: string; Authentication: object }[] }).Users;
    return user;
  }

  const statusOf = async (userId: string) => (await describeUser(userId))?.Status;

  describe('the whole list of passwords', () => {
    it('is stated once to install and once to disable, and nothing else of the user is touched', async () => {
      const estate = await makeEstate(cluster);
      const before = await describeUser(estate.userId);
      const rotation = propose(estate);
      const { context, current, pending } = rotation;
      const installing = await asked(cluster, () => kind.install(context, rotation));
      expect(installing.filter((operation) => operation !== 'DescribeUsers')).toEqual(['ModifyUser']);
      expect(await asked(cluster, () => kind.verify(context, pending))).toEqual([]);
      const disabling = await asked(cluster, () => kind.disable(context, { retire: current, keep: pending }));
      expect(disabling.filter((operation) => operation !== 'DescribeUsers')).toEqual(['ModifyUser']);
      expect(await describeUser(estate.userId)).toEqual(before);
      expect(await estate.failedLogins()).toBe(0);
      await kind.proveRefused(context, { retire: current, keep: pending });
      // One per endpoint.
      expect(await estate.failedLogins()).toBe(2);
    });

    it('is left as it is when it is so already: what a dead function began is gone on with', async () => {
      const estate = await makeEstate(cluster);
      const rotation = await rotate(estate);
      const { context, current, pending } = rotation;
      expect(await asked(cluster, () => kind.install(context, rotation))).toEqual(['DescribeUsers']);
      expect(await asked(cluster, () => kind.enable(context, current, pending))).toEqual(['DescribeUsers']);
      await kind.disable(context, { retire: current, keep: pending });
      expect(await asked(cluster, () => kind.disable(context, { retire: current, keep: pending }))).toEqual([
        'DescribeUsers',
      ]);
      expect(await estate.failedLogins()).toBe(0);
    });

    it('loses the password of an attempt that was given up to the next one', async () => {
      const estate = await makeEstate(cluster);
      const givenUp = await rotate(estate);
      const { value } = await rotate(estate);
      expect(await estate.logIn(givenUp.value)).toBe('refused');
      expect(await estate.logIn(value)).toBe('accepted');
      expect(await estate.logIn(estate.current)).toBe('accepted');
    });

    it('keeps the password that stays, and only that, when an abandoned one is discarded', async () => {
      const estate = await makeEstate(cluster);
      const { context, value, current, pending } = await rotate(estate);
      await kind.discard(context, kind.identify(pending), { abandoned: pending, current });
      expect(await estate.logIn(value)).toBe('refused');
      expect(await estate.logIn(estate.current)).toBe('accepted');
      await failure('InvalidInput', kind.discard(context, kind.identify(pending)));
      await failure(
        'InvalidInput',
        kind.discard(context, 'somebody#0123456789abcdef', { abandoned: pending, current }),
      );
    });

    it('holds a password that nobody knows when the abandoned one was the first', async () => {
      const estate = await makeEstate(cluster);
      const { context, value, pending } = propose(estate);
      const known = { abandoned: pending, current: undefined };
      // Never installed: the user's own password stays.
      expect(await asked(cluster, () => kind.discard(context, kind.identify(pending), known))).toEqual([
        'DescribeUsers',
      ]);
      expect(await estate.logIn(estate.current)).toBe('accepted');
      await kind.install(context, { pending, current: undefined });
      await kind.discard(context, kind.identify(pending), known);
      expect(await estate.logIn(value)).toBe('refused');
      expect(await describeUser(estate.userId)).toMatchObject({
        Authentication: { Type: 'password', PasswordCount: 1 },
      });
    });

    it('is enabled without one to keep, where the other version has no credential', async () => {
      const estate = await makeEstate(cluster);
      const { context, current } = propose(estate);
      await stateByHand(estate, 'stated-by-somebody');
      await kind.enable(context, current);
      expect(await estate.logIn(estate.current)).toBe('accepted');
    });

    it('is no list of the same password twice', async () => {
      const estate = await makeEstate(cluster);
      const { context, current } = propose(estate);
      await kind.install(context, { pending: current, current });
      expect(await describeUser(estate.userId)).toMatchObject({ Authentication: { PasswordCount: 1 } });
      await failure('CurrentMoved', kind.disable(context, { retire: current, keep: current }));
    });
  });

  describe('a user that is modifying', () => {
    it('is waited for, and then its list is stated', async () => {
      const estate = await makeEstate(cluster);
      await change(estate.userId, { AppendAccessString: '+echo' }, false);
      const { value } = await rotate(estate);
      expect(await estate.logIn(value)).toBe('accepted');
    });

    it('between two looks is no error: InvalidUserState is waited out', async () => {
      const slow = await startCluster({ cacheUserMs: 500 });
      renewKind();
      try {
        const estate = await makeEstate(slow);
        const rotation = propose(estate);
        const operation = slow.elasticache.operations['DescribeUsers'];
        if (operation === undefined) throw new Error('no operation');
        const { run } = operation;
        operation.run = async (input, call) => {
          const answer = await run(input, call);
          operation.run = run;
          // Seen as active, and changed by somebody before Keyturn's own change.
          await change(estate.userId, { AppendAccessString: '+echo' }, false, slow);
          return answer;
        };
        const calls = await asked(slow, () => kind.install(rotation.context, rotation));
        expect(calls.filter((name) => name === 'ModifyUser')).toHaveLength(3);
        expect(slow.world.calls.filter(({ errorCode }) => errorCode === 'InvalidUserState')).toHaveLength(1);
        expect(await estate.logIn(rotation.value)).toBe('accepted');
        expect((await describeUser(estate.userId, slow))?.AccessString).toMatch(/\+echo$/);
      } finally {
        await slow.stop();
      }
    });

    it('for ever is TargetBusy: 240 s in the four steps, 25 s in the rollout, where Step Functions asks again', async () => {
      const stuck = await startCluster({ cacheUserMs: 3_600_000 });
      renewKind();
      try {
        const clock = fastClock(Date.now());
        const estate = await makeEstate(stuck, { clock });
        const rotation = propose(estate);
        const error = await failure('TargetBusy', kind.install(rotation.context, rotation));
        expect(error.retryable).toBe(true);
        expect(error.message).toMatch(/is modifying, with 2 passwords/);
        expect(clock.sleptMs).toBe(240_000);
        const { current: retire, pending: keep } = rotation;
        await failure('TargetBusy', kind.disable(rotation.context, { retire, keep }));
        expect(clock.sleptMs).toBe(240_000 + 25_000);
        expect(await estate.logIn(estate.current)).toBe('accepted');
      } finally {
        await stuck.stop();
      }
    });
  });

  describe('a user that is unfit', () => {
    it.each([
      ['logs in by IAM', { mode: 'iam' as const }, /logs in by IAM/],
      ['needs no password', { mode: 'no-password-required' as const }, /needs no password/],
    ])('because it %s is TargetUnfit, and nothing is changed', async (_, user, message) => {
      const estate = await makeEstate(cluster, { user });
      const rotation = propose(estate);
      const calls = await asked(cluster, async () => {
        const error = await failure('TargetUnfit', kind.install(rotation.context, rotation));
        expect(error.message).toMatch(message);
      });
      expect(calls).toEqual(['DescribeUsers']);
    });

    it('because it is off is refused with where to look, after half a minute for the nodes to hear of it', async () => {
      const clock = fastClock(Date.now());
      const estate = await makeEstate(cluster, { user: { accessString: '~app:* +@read' } });
      const rotation = propose(estate);
      const where = /is its user group assigned to this cache, and its access string on\?/;
      expect((await failure('TargetUnfit', kind.install(rotation.context, rotation))).message).toMatch(where);
      await stateByHand(estate, rotation.pending.document.parse(JSON.parse).password);
      const first = kind.install({ ...rotation.context, clock }, { ...rotation, current: undefined });
      expect((await failure('AuthenticationRefused', first)).message).toMatch(where);
    });

    it('because its name is another is TargetMismatch', async () => {
      const estate = await makeEstate(cluster, { user: { userName: 'somebody-else' } });
      const rotation = propose(estate);
      const error = await failure('TargetMismatch', kind.install(rotation.context, rotation));
      expect(error.message).toMatch(/logs in as "somebody-else", the inventory says "app\d+"/);
    });

    it('because it has no tag, or does not exist, is AccessDenied', async () => {
      for (const target of [{}, { userId: 'nobody' }]) {
        const estate = await makeEstate(cluster, { user: { tags: {} }, target });
        const rotation = propose(estate);
        const error = await failure('AccessDenied', kind.install(rotation.context, rotation));
        expect(error.message).toMatch(
          /DescribeUsers for the ElastiCache user .* tag the ElastiCache user keyturn:managed=true/,
        );
      }
    });

    it('because it has another password than the secret is TargetUnfit: that one would end, and somebody may use it', async () => {
      const estate = await makeEstate(cluster);
      const rotation = propose(estate, estate.spoil(estate.current));
      const { context, current, pending } = rotation;
      const calls = await asked(cluster, async () => {
        const error = await failure('TargetUnfit', kind.install(context, rotation));
        expect(error.message).toMatch(
          /^the password of "app\d+" that is to stay is refused: .* has another one, which nobody recorded/,
        );
        await failure('TargetUnfit', kind.disable(context, { retire: pending, keep: current }));
        const known = { abandoned: pending, current };
        await failure('TargetUnfit', kind.discard(context, kind.identify(pending), known));
      });
      expect(calls).toEqual(['DescribeUsers', 'DescribeUsers', 'DescribeUsers']);
      expect(await estate.logIn(estate.current)).toBe('accepted');
    });

    it('because it never takes the password that it is to accept is TargetUnfit', async () => {
      const estate = await makeEstate(cluster);
      const short = estate.current.map((text) => JSON.stringify({ ...JSON.parse(text), password: 'short' }));
      const { context, current } = propose(estate, short);
      const error = await failure(
        'TargetUnfit',
        kind.enable(context, current, credentialIn(estate.current, estate.target)),
      );
      expect(error.message).toMatch(/16 to 128 printable characters/);
      expect(await estate.logIn(estate.current)).toBe('accepted');
    });
  });

  describe('sessions', () => {
    it('outlive ElastiCache’s change of a password, and are ended by Keyturn at every node', async () => {
      const estate = await makeEstate(cluster);
      const { context, current, pending } = await rotate(estate);
      const { username, password } = pending.document.parse(JSON.parse);
      const uses = [];
      for (const { port } of cluster.servers.nodes) uses.push(await openUse(port, estate.current, cluster.ca));
      await stateByHand(estate, password);
      expect(username).toBe(estate.user);
      for (const use of uses) expect(await use.alive?.()).toBe(true);
      await kind.disable(context, { retire: current, keep: pending, promotedAtMs: soon() });
      for (const use of uses) expect(await use.alive?.()).toBe(false);
    });

    it('from before the promotion are use, at whatever node', async () => {
      const estate = await makeEstate(cluster);
      const { context, current } = await rotate(estate);
      const port = cluster.servers.nodes[1]?.port ?? 0;
      const use = await openUse(port, estate.current, cluster.ca);
      expect(await kind.lastUse(context, current, 0, soon())).toEqual({
        state: 'used',
        detail: expect.stringMatching(new RegExp(`^at 127\\.0\\.0\\.1:${port} "${estate.user}" has 1 sessions`)),
      });
      await use.end();
      expect(await kind.lastUse(context, current, 0, soon())).toEqual({ state: 'unused' });
    });

    it('at a node that the inventory does not name are unknown, and nothing is changed', async () => {
      const { host, port } = cluster.servers.primary;
      const estate = await makeEstate(cluster, { target: { nodes: [{ host, port }] } });
      const rotation = propose(estate);
      const { context, current, pending: keep } = rotation;
      const message = /names 0 replicas, but 1 are connected: a session at a node that is not named would go on/;
      const calls = await asked(cluster, async () => {
        expect((await failure('TargetUnfit', kind.install(context, rotation))).message).toMatch(message);
        expect((await failure('TargetUnfit', kind.disable(context, { retire: current, keep }))).message).toMatch(
          message,
        );
        expect(await kind.lastUse(context, current, 0)).toMatchObject({
          state: 'unknown',
          detail: expect.stringMatching(message),
        });
      });
      expect(calls).toEqual([]);
    });

    it('that the observer may not see or end are no "unused": it names what grants them', async () => {
      const estate = await makeEstate(cluster, { admin: 'on +info' });
      const { context, current, pending: keep } = await rotate(estate);
      const remedy = /modify-user .*--append-access-string "\+info \+cluster\|info \+client\|list \+client\|kill"/;
      expect(await kind.lastUse(context, current, 0)).toMatchObject({
        state: 'unknown',
        detail: expect.stringMatching(remedy),
      });
      const error = await failure('AdminPrivilegeMissing', kind.disable(context, { retire: current, keep }));
      expect(error.message).toMatch(remedy);
    });

    it('are looked at by another user than the one that rotates', async () => {
      const estate = await makeEstate(cluster);
      const rotation = propose(estate);
      const admin = async () => estate.current;
      await failure('TargetMismatch', kind.install({ ...rotation.context, admin }, rotation));
    });
  });

  it('does nothing at AWS without permission, and says which', async () => {
    const estate = await makeEstate(cluster);
    const { context, current, pending } = propose(estate);
    cluster.signAs('nobody');
    renewKind();
    for (const verb of [
      () => kind.install(context, { current, pending }),
      () => kind.disable(context, { retire: current, keep: pending }),
      () => kind.enable(context, pending, current),
      () => kind.discard(context, kind.identify(pending), { abandoned: pending, current }),
    ]) {
      await failure('AccessDenied', verb());
    }
    // Logging in is no call to AWS.
    await kind.verify(context, current);
    expect(await logInAt(cluster.servers.primary.port, estate.current, cluster.ca)).toBe('accepted');
  });
});

describe.runIf(redisInstalled())('a serverless cache', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ serverless: true });
    renewKind();
  });
  afterAll(() => cluster?.stop());

  it('tells of no session: the inventory says why, and the proof says so too', async () => {
    const estate = await makeEstate(cluster);
    const { context, current, pending } = await rotate(estate);
    const use = await openUse(cluster.servers.primary.port, estate.current, cluster.ca);
    expect(await kind.lastUse(context, current, 0, soon())).toEqual({ state: 'unused' });
    await kind.disable(context, { retire: current, keep: pending, promotedAtMs: soon() });
    expect(await use.alive?.()).toBe(true);
    await use.end();
    expect(await kind.proveRefused(context, { retire: current, keep: pending })).toEqual([
      {
        endpoint: `127.0.0.1:${cluster.servers.primary.port}`,
        error: 'WRONGPASS; sessions that were open go on until they end: a test of what serverless withholds',
      },
    ]);
  });

  it('whose observer is asked all the same ends in what it lacks', async () => {
    const estate = await makeEstate(cluster, {
      target: { noSessions: undefined, adminSecret: 'cache/observer' },
    });
    const { context, current } = propose(estate);
    expect(await kind.lastUse(context, current, 0)).toMatchObject({ state: 'unknown' });
  });
});

describe('a target', () => {
  const inventory = { userId: 'app-1', host: 'cache.example.com', adminSecret: 'cache/observer' };
  const parse = (changes: object) => kind.facts.parseTarget({ ...inventory, ...changes });

  it('logs in by its id, at its host, over verified TLS, unless it says otherwise', () => {
    expect(parse({})).toEqual({
      ...inventory,
      user: 'app-1',
      port: 6379,
      nodes: [{ host: 'cache.example.com', port: 6379 }],
      tls: { ca: 'public' },
    });
    expect(parse(parse({ user: 'app', nodes: [{ host: 'one.example.com' }] }))).toMatchObject({
      user: 'app',
      nodes: [{ host: 'one.example.com', port: 6379 }],
    });
    const { password, ...rest } = kind.propose(parse({}), undefined).parse(JSON.parse);
    expect(rest).toEqual({ engine: 'redis', host: 'cache.example.com', port: 6379, username: 'app-1' });
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
  });

  it.each([
    ['the user default of ElastiCache’s own', { userId: 'default' }, /target\.userId: .*cannot be changed/],
    ['an ARN for an id', { userId: 'arn:aws:elasticache:x' }, /target\.userId: the id/],
    ['neither an observer nor a reason', { adminSecret: undefined }, /target\.adminSecret: sessions outlive/],
    ['both', { noSessions: 'the clients reconnect hourly' }, /target\.adminSecret: sessions outlive/],
    ['a reason that is none', { adminSecret: undefined, noSessions: 'why' }, /target\.noSessions: say why/],
    ['no nodes', { nodes: [] }, /target\.nodes: name every node/],
    ['plaintext', { tls: { plaintext: 'inside of the VPC' } }, /target\.tls/],
  ])('with %s is refused', (_, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  it('takes over the value that AWS’s own rotation function keeps', () => {
    const target = parse({ user: 'user1' });
    const value = { username: 'user1', password: 'strongpassword-1', user_arn: 'arn:aws:elasticache:x:1:user:app-1' };
    const current = credentialIn(SecretValue.of(JSON.stringify(value)), target);
    expect(kind.propose(target, current).parse(JSON.parse)).toMatchObject({
      username: 'user1',
      user_arn: value.user_arn,
    });
  });
});
