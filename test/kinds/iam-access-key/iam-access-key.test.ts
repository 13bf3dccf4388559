import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../lib/core/clock.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/iam-access-key/schema.ts';
import { jsonOf, type SimulatedIam, startSimulatedIam, type User } from './harness.ts';

let aws: SimulatedIam;
let kind: ReturnType<SimulatedIam['kindAs']>;
beforeAll(async () => {
  aws = await startSimulatedIam();
});
// The SDK reads the environment at the first call: before a test runs as somebody else, `kind` has made its calls.
beforeEach(() => {
  kind = aws.kindAs('both');
});
afterAll(() => aws.world.close());

function credentialOf(value: SecretValue, { target }: User): Credential {
  const credential = kind.parse(value, target);
  if (credential === undefined) throw new Error('no credential in the value');
  return credential;
}

/** A user with its first key, and a second one just minted. */
async function minted(options: Parameters<SimulatedIam['user']>[0] = {}) {
  const user = await aws.user(options);
  const old = credentialOf(user.value, user);
  const value = await kind.mint(user.context, old, 'token');
  return { user, context: user.context, old, value, fresh: credentialOf(value, user) };
}

/** Operations that were asked for since, by this IAM user's keys or by Keyturn's. */
function callsSince(mark: number, userName: string): string[] {
  const { calls, accountId } = aws.world;
  const by = `arn:aws:iam::${accountId}:user/${userName}`;
  return calls.slice(mark).flatMap(({ operation, principal }) => (principal === by ? [operation] : []));
}

/** Lets something happen while somebody waits for the n-th time. */
function whileWaiting(clock: Clock, at: number, act: () => void): Clock {
  let waits = 0;
  return {
    nowMs: () => clock.nowMs(),
    async sleep(ms, signal) {
      waits += 1;
      if (waits === at) act();
      await clock.sleep(ms, signal);
    },
  };
}

describe('mint', () => {
  it('makes one key with one call, and keeps the fields of the value that are not Keyturn’s', async () => {
    const user = await aws.user();
    const value = SecretValue.of(JSON.stringify({ ...user.key, region: 'eu-west-1', notes: { owner: 'billing' } }));
    const mark = aws.world.calls.length;
    const next = jsonOf(await kind.mint(user.context, credentialOf(value, user), 'token'));
    expect(callsSince(mark, 'keyturn-both')).toEqual(['CreateAccessKey']);
    expect(next).toEqual({
      userName: user.target.userName,
      accessKeyId: expect.stringMatching(/^AKIA/),
      secretAccessKey: expect.any(String),
      region: 'eu-west-1',
      notes: { owner: 'billing' },
    });
    expect(next.accessKeyId).not.toBe(user.key.accessKeyId);
  });

  it('names both keys, and which is current, when there is no room', async () => {
    const { user, context, old, fresh } = await minted();
    await kind.disable(context, { retire: fresh, keep: old });
    await expect(kind.mint(context, old, 'token')).rejects.toMatchObject({
      code: 'CredentialLimit',
      message: expect.stringMatching(
        new RegExp(
          `${user.target.userName} .*${old.accessKeyId} \\(Active, AWSCURRENT\\) and ${fresh.accessKeyId} \\(Inactive\\)`,
        ),
      ),
    });
  });

  it('for a user that does not exist is AccessDenied, since no tag permits it', async () => {
    const user = await aws.user();
    const context = { ...user.context, target: { userName: 'nobody' } };
    await expect(kind.mint(context, undefined, 'token')).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

describe('listLive', () => {
  it('names every key, inactive ones too, and says never used only of one that never was', async () => {
    const { user, context, old, fresh } = await minted();
    await aws.logIn(user.value);
    await aws.clock.sleep(aws.propagationMs);
    await kind.disable(context, { retire: old, keep: fresh });
    const byIdentity = (one: { identity: string }, other: { identity: string }) =>
      one.identity.localeCompare(other.identity);
    expect((await kind.listLive(context)).sort(byIdentity)).toEqual(
      [
        { identity: old.accessKeyId, neverUsed: false },
        { identity: fresh.accessKeyId, neverUsed: true },
      ].sort(byIdentity),
    );
  });
});

describe('install waits for IAM', () => {
  it('10 s before the first login, then for three answers in a row, so that the clean path sees no refusal', async () => {
    const { user, context, fresh, old } = await minted();
    const sleeps: number[] = [];
    const clock: Clock = {
      nowMs: () => aws.clock.nowMs(),
      async sleep(ms) {
        sleeps.push(ms);
        await aws.clock.sleep(ms);
      },
    };
    const mark = aws.world.calls.length;
    await kind.install({ ...context, clock }, { pending: fresh, current: old });
    expect(sleeps).toEqual([10_000, 2_000, 2_000]);
    expect(callsSince(mark, user.target.userName)).toEqual(Array(3).fill('GetCallerIdentity'));
  });

  it('through refusals, and starts to count again after each', async () => {
    const { user, context, fresh, old } = await minted();
    const key = aws.iam.identities.ownerOf(fresh.accessKeyId)?.key;
    // Accepted, accepted, refused once more, then for good: waits 1 (settle), 2, 3 and 4.
    let clock = whileWaiting(context.clock, 3, () => key?.status.set('Inactive', aws.clock.nowMs(), 0));
    clock = whileWaiting(clock, 4, () => key?.status.set('Active', aws.clock.nowMs(), 0));
    const mark = aws.world.calls.length;
    await kind.install({ ...context, clock }, { pending: fresh, current: old });
    // Refused requests do not get as far as an operation.
    expect(callsSince(mark, user.target.userName)).toEqual(Array(5).fill('GetCallerIdentity'));
  });

  it('but not for ever', async () => {
    const { context, fresh, old } = await minted();
    const key = aws.iam.identities.ownerOf(fresh.accessKeyId)?.key;
    key?.status.set('absent', aws.clock.nowMs() - 1, 0);
    key?.status.set('Active', aws.clock.nowMs(), 1_000_000);
    const began = aws.clock.nowMs();
    await expect(kind.install(context, { pending: fresh, current: old })).rejects.toMatchObject({
      code: 'TargetTimeout',
      retryable: true,
      message: expect.stringContaining(fresh.accessKeyId),
    });
    expect(aws.clock.nowMs() - began).toBeLessThan(110_000);
  });

  it('and says PendingPoisoned when the key is gone, so that the next attempt mints another', async () => {
    const { context, fresh, old } = await minted();
    await kind.discard(context, fresh.accessKeyId);
    await expect(kind.install(context, { pending: fresh, current: old })).rejects.toMatchObject({
      code: 'PendingPoisoned',
    });
  });

  it('and says AuthenticationRefused when somebody made it Inactive', async () => {
    const { context, fresh, old } = await minted();
    await kind.disable(context, { retire: fresh, keep: old });
    await expect(kind.install(context, { pending: fresh, current: old })).rejects.toMatchObject({
      code: 'AuthenticationRefused',
      message: expect.stringContaining('made Inactive'),
    });
  });

  it('in every Region that the target names, each once', async () => {
    const { user, context, fresh, old } = await minted({ regions: ['eu-west-1', 'us-east-1', 'eu-west-1'] });
    const mark = aws.world.calls.length;
    await kind.install(context, { pending: fresh, current: old });
    expect(callsSince(mark, user.target.userName)).toHaveLength(2 * 3);
  });
});

describe('verify', () => {
  it('takes a user with a path for who it is', async () => {
    const { context, old } = await minted({ path: '/teams/billing/' });
    await kind.verify(context, old);
  });

  it('answers WrongEffectiveIdentity to a key of another user', async () => {
    const user = await aws.user();
    const other = await aws.user();
    const value = SecretValue.of(JSON.stringify({ ...other.key, userName: user.target.userName }));
    await expect(kind.verify(user.context, credentialOf(value, user))).rejects.toMatchObject({
      code: 'WrongEffectiveIdentity',
      message: expect.stringContaining(`user/${other.target.userName}`),
    });
  });

  it('overlooks one server of STS that is behind, and no more than that', async () => {
    const { context, old } = await minted();
    const key = aws.iam.identities.ownerOf(old.accessKeyId)?.key;
    key?.status.set('Inactive', aws.clock.nowMs(), 0);
    await kind.verify(
      { ...context, clock: whileWaiting(context.clock, 1, () => key?.status.set('Active', aws.clock.nowMs(), 0)) },
      old,
    );
    key?.status.set('Inactive', aws.clock.nowMs(), 0);
    await expect(kind.verify(context, old)).rejects.toMatchObject({ code: 'AuthenticationRefused' });
  });
});

describe('lastUse', () => {
  it('says for what and where the key was used after the instant', async () => {
    const { user, context, old } = await minted();
    const sinceMs = aws.clock.nowMs();
    await aws.logIn(user.value);
    await aws.clock.sleep(aws.propagationMs);
    expect(await kind.lastUse(context, old, sinceMs)).toEqual({
      state: 'used',
      detail: expect.stringMatching(new RegExp(`${old.accessKeyId} was used for sts in us-east-1 at 20`)),
    });
  });

  it('is unknown, never unused, when AWS does not answer the question', async () => {
    const { user, old } = await minted();
    expect(await aws.kindAs('none').lastUse(user.context, old, 0)).toEqual({
      state: 'unknown',
      detail: expect.stringContaining('ended with AccessDenied'),
    });
    expect(await kind.lastUse({ ...user.context, signal: AbortSignal.abort() }, old, 0)).toMatchObject({
      state: 'unknown',
    });
  });
});

describe('revocation', () => {
  it('does not touch a key that is to be kept', async () => {
    const { context, old } = await minted();
    await expect(kind.disable(context, { retire: old, keep: old })).rejects.toMatchObject({ code: 'CurrentMoved' });
    await kind.verify(context, old);
  });

  it('never deletes an Active key', async () => {
    const { user, context, old } = await minted();
    await expect(kind.destroy(context, old)).rejects.toMatchObject({ code: 'StillAccepted' });
    expect(await aws.logIn(user.value)).toBe('accepted');
  });

  it('does not discard a key that was used for anything but a test of it', async () => {
    const { context, fresh, value } = await minted();
    const key = aws.iam.identities.ownerOf(fresh.accessKeyId)?.key;
    key?.lastUse.set({ atMs: aws.clock.nowMs(), service: 's3', region: 'eu-west-1' }, aws.clock.nowMs(), 0);
    await expect(kind.discard(context, fresh.accessKeyId)).rejects.toMatchObject({
      code: 'UnknownCredential',
      message: expect.stringContaining('used for s3 in eu-west-1'),
    });
    expect(await aws.logIn(value)).toBe('accepted');
  });

  it('cannot enable what was destroyed', async () => {
    const { context, old, fresh } = await minted();
    await kind.disable(context, { retire: old, keep: fresh });
    await kind.destroy(context, old);
    await expect(kind.enable(context, old)).rejects.toMatchObject({ code: 'CannotGoBack' });
    await kind.disable(context, { retire: old, keep: fresh });
  });

  it('is proven only when IAM has told STS', async () => {
    const { context, old, fresh } = await minted();
    const versions = { retire: old, keep: fresh };
    await kind.install(context, { pending: fresh, current: old });
    const key = aws.iam.identities.ownerOf(old.accessKeyId)?.key;
    key?.status.set('Inactive', aws.clock.nowMs(), 30_000);
    await expect(kind.proveRefused(context, versions)).rejects.toMatchObject({
      code: 'StillAccepted',
      retryable: true,
    });
    expect(await kind.proveRefused(context, versions)).toEqual([
      { endpoint: 'sts.us-east-1', error: 'InvalidClientTokenId' },
    ]);
  });

  it('is proven in each Region', async () => {
    const { context, old, fresh } = await minted({ regions: ['eu-west-1'] });
    await kind.install(context, { pending: fresh, current: old });
    await kind.disable(context, { retire: old, keep: fresh });
    expect(await kind.proveRefused(context, { retire: old, keep: fresh })).toEqual([
      { endpoint: 'sts.us-east-1', error: 'InvalidClientTokenId' },
      { endpoint: 'sts.eu-west-1', error: 'InvalidClientTokenId' },
    ]);
  });

  it('is not proven by a wrong secret: the key may be alive', async () => {
    const { user, context, old, fresh } = await minted();
    await kind.install(context, { pending: fresh, current: old });
    const spoiled = credentialOf(
      SecretValue.of(JSON.stringify({ ...jsonOf(user.value), secretAccessKey: 'wrong' })),
      user,
    );
    await expect(kind.proveRefused(context, { retire: spoiled, keep: fresh })).rejects.toMatchObject({
      code: 'NotProven',
      message: expect.stringContaining('SignatureDoesNotMatch'),
    });
  });

  it('is not proven when the kept key is refused too', async () => {
    const { context, old, fresh } = await minted();
    await kind.disable(context, { retire: old, keep: fresh });
    await kind.disable(context, { retire: fresh, keep: old });
    await expect(kind.proveRefused(context, { retire: old, keep: fresh })).rejects.toMatchObject({
      code: 'NotProven',
      message: expect.stringContaining(`refuses access key ${fresh.accessKeyId} too`),
    });
  });

  it('is not proven when the kept key acts as somebody else', async () => {
    const { context, old, fresh } = await minted();
    const other = await aws.user();
    const stranger = credentialOf(SecretValue.of(JSON.stringify({ ...other.key, userName: context.target.userName })), {
      ...other,
      target: context.target,
    });
    await kind.disable(context, { retire: old, keep: fresh });
    await expect(kind.proveRefused(context, { retire: old, keep: stranger })).rejects.toMatchObject({
      code: 'NotProven',
    });
  });
});

describe('what rotates cannot revoke, what revokes cannot mint', () => {
  it('rotate: mints, lists and logs in, and may not disable', async () => {
    const { context, old, fresh } = await minted();
    const rotate = aws.kindAs('rotate');
    await rotate.install(context, { pending: fresh, current: old });
    expect(await rotate.listLive(context)).toHaveLength(2);
    for (const verb of [
      () => rotate.disable(context, { retire: old, keep: fresh }),
      () => rotate.enable(context, old),
      () => rotate.discard(context, fresh.accessKeyId),
    ]) {
      await expect(verb()).rejects.toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining('iam:UpdateAccessKey'),
      });
    }
  });

  it('retire: disables, proves, destroys, and may not mint', async () => {
    const { user, context, old, fresh } = await minted();
    const retire = aws.kindAs('retire');
    await retire.install(context, { pending: fresh, current: old });
    expect(await retire.lastUse(context, old, 0)).toMatchObject({ state: expect.stringMatching(/used/) });
    await retire.disable(context, { retire: old, keep: fresh });
    await retire.proveRefused(context, { retire: old, keep: fresh });
    await retire.destroy(context, old);
    await expect(retire.mint(context, fresh, 'token')).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining(`iam:CreateAccessKey for the IAM user ${user.target.userName}`),
    });
  });

  it('neither touches a user without the tag, and the error says which tag', async () => {
    const user = await aws.user({ tagged: false });
    for (const verb of [
      () => kind.mint(user.context, undefined, 'token'),
      () => kind.listLive(user.context),
      () => kind.discard(user.context, user.key.accessKeyId),
    ]) {
      await expect(verb()).rejects.toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining('keyturn:managed=true'),
      });
    }
  });
});

describe('a value', () => {
  it.each<[string, object]>([
    ['has a key without its secret', { accessKeyId: 'AKIAXXXXXXXXXXXXXXXX' }],
    ['has a secret without its key', { secretAccessKey: 'hunter2hunter2' }],
    ['has a key that is none', { accessKeyId: 'AKIA', secretAccessKey: 'hunter2hunter2' }],
    ['has a secret that is no text', { accessKeyId: 'AKIAXXXXXXXXXXXXXXXX', secretAccessKey: 42 }],
  ])('is malformed when it %s, and is not repeated', (_, fields) => {
    const value = SecretValue.of(JSON.stringify({ userName: 'app', ...fields }));
    expect(() => kind.parse(value, { userName: 'app' })).toThrow(
      expect.objectContaining({ code: 'SecretMalformed', message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('that is not JSON is not repeated either', () => {
    expect(() => kind.parse(SecretValue.of('hunter2hunter2'), { userName: 'app' })).toThrow(
      expect.objectContaining({ code: 'SecretMalformed', message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('a target is refused', () => {
  it.each<[string, unknown, string]>([
    ['without a user', {}, 'target.userName: the name of an IAM user is missing'],
    ['with an ARN', { userName: 'arn:aws:iam::123456789012:user/app' }, 'target.userName: not the name'],
    ['with a Region that is none', { userName: 'app', regions: ['Ireland'] }, 'target.regions.0: not an AWS Region'],
    ['with an unknown field', { userName: 'app', region: 'eu-west-1' }, 'target: region is not known here'],
  ])('%s', (_, target, message) => {
    expect(() => kind.facts.parseTarget(target)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(message) }),
    );
  });
});
