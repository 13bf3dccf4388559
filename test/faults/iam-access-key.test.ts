import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { AwsError, type Operation } from '../../lib/simulator/types.ts';
import { estateOf, type SimulatedIam, startSimulatedIam, type User } from '../kinds/iam-access-key/harness.ts';
import { bothWork, furnish, type Turns, turned, untouched } from './turns.ts';

let aws: SimulatedIam;
let kind: ReturnType<SimulatedIam['kindAs']>;
beforeAll(async () => {
  aws = await startSimulatedIam();
});
beforeEach(() => {
  kind = aws.kindAs('both');
});
afterAll(() => aws.world.close());

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function begin(current?: (user: User) => SecretValue): Promise<{ turns: Turns<unknown>; user: User }> {
  const user = await aws.user();
  const turns = await furnish(kind, estateOf(aws, user, current?.(user)));
  closing.push(() => turns.house.close());
  return { user, turns: turns as Turns<unknown> };
}

/** Keys with their status, as IAM itself knows them. */
function keysOf({ target }: User): Record<string, string> {
  const { keys } = aws.iam.identities.user(target.userName);
  const live = [...keys.values()].filter(({ status }) => status.latest !== 'absent');
  return Object.fromEntries(live.map(({ accessKeyId, status }) => [accessKeyId, status.latest]));
}

const statusOf = (accessKeyId: string) => {
  const key = aws.iam.identities.ownerOf(accessKeyId)?.key;
  if (key === undefined) throw new Error(`there is no key ${accessKeyId}`);
  return key.status;
};

/** IAM answers an operation with an error. Returns what ends that. */
function failing(operation: string, error: AwsError): () => void {
  const { operations } = aws.iam as { operations: Record<string, Operation> };
  const before = operations[operation];
  if (before === undefined) throw new Error(`IAM has no ${operation}`);
  operations[operation] = { ...before, run: () => Promise.reject(error) };
  const mend = () => {
    operations[operation] = before;
  };
  closing.push(mend);
  return mend;
}

describe('keys that nobody recorded', () => {
  it('two of them: neither is touched, both are named', async () => {
    const { user, turns } = await begin(({ target }) => SecretValue.of(JSON.stringify(target)));
    const second = aws.createKey(user.target.userName);
    const before = keysOf(user);
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'createSecret', code: 'UnknownCredential' });
    for (const { accessKeyId } of [user.key, second]) expect(failure.message).toContain(accessKeyId);
    expect(keysOf(user)).toEqual(before);
    expect(Object.values(before)).toEqual(['Active', 'Active']);
  });

  it('an inactive leftover beside the current one: it is named and left inactive; without it the reattempt goes through', async () => {
    const { user, turns } = await begin();
    const leftover = aws.createKey(user.target.userName);
    statusOf(leftover.accessKeyId).set('Inactive', aws.clock.nowMs(), 0);
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'createSecret', code: 'UnknownCredential' });
    expect(failure.message).toContain(leftover.accessKeyId);
    expect(failure.message).not.toContain(user.key.accessKeyId);
    expect(keysOf(user)).toEqual({ [user.key.accessKeyId]: 'Active', [leftover.accessKeyId]: 'Inactive' });
    expect(await turns.standing()).toEqual(untouched);
    statusOf(leftover.accessKeyId).set('absent', aws.clock.nowMs(), 0);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('one that somebody makes between the list and the mint: there is no room, and both are named', async () => {
    const { user, turns } = await begin();
    const { operations } = aws.iam as { operations: Record<string, Operation> };
    const { CreateAccessKey: create } = operations;
    if (create === undefined) throw new Error('IAM has no CreateAccessKey');
    operations['CreateAccessKey'] = {
      ...create,
      run(input, call) {
        operations['CreateAccessKey'] = create;
        aws.createKey(user.target.userName);
        return create.run(input, call);
      },
    };
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'createSecret', code: 'CredentialLimit' });
    for (const accessKeyId of Object.keys(keysOf(user))) expect(failure.message).toContain(accessKeyId);
    expect(await turns.standing()).toEqual(untouched);
  });
});

describe('GetAccessKeyLastUsed is throttled', () => {
  const throttling = new AwsError('Throttling', 'Rate exceeded', 400);

  it('before the mint: nothing is minted, and nothing is taken for unused', async () => {
    const { user, turns } = await begin();
    const mend = failing('GetAccessKeyLastUsed', throttling);
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({
      step: 'createSecret',
      code: 'TargetThrottled',
      message: expect.stringContaining('iam:GetAccessKeyLastUsed'),
    });
    expect(Object.keys(keysOf(user))).toEqual([user.key.accessKeyId]);
    expect(await turns.standing()).toEqual(untouched);
    mend();
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
  });

  it('at the gates: the rollout holds with both keys active', async () => {
    const { user, turns } = await begin();
    let mend = () => {};
    turns.before('last-use', () => {
      mend = failing('GetAccessKeyLastUsed', throttling);
    });
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code: 'GateClosed', message: expect.stringContaining('AWS throttles') });
    expect(Object.values(keysOf(user))).toEqual(['Active', 'Active']);
    expect(await turns.standing()).toEqual(bothWork);
    mend();
    expect(await turns.resumed(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
    expect(Object.keys(keysOf(user))).toHaveLength(1);
  });
});

describe.each([
  ['throttled', new AwsError('Throttling', 'Rate exceeded', 400), 'TargetThrottled'],
  ['failing', new AwsError('ServiceFailure', 'The request processing has failed', 500), 'TargetFailed'],
])('UpdateAccessKey is %s', (_, error, code) => {
  it('in Disable: the rollout holds with both keys active', async () => {
    const { user, turns } = await begin();
    const mend = failing('UpdateAccessKey', error);
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code, message: expect.stringContaining('iam:UpdateAccessKey') });
    expect(Object.values(keysOf(user))).toEqual(['Active', 'Active']);
    expect(await turns.standing()).toEqual(bothWork);
    mend();
    expect(await turns.resumed(failure)).toBe('SUCCEEDED');
  });
});

describe('IAM is slow to tell', () => {
  /** As a change made now, which arrives later. */
  const arrives = (user: User, status: 'Active' | 'Inactive', afterMs: number) => {
    const [accessKeyId = ''] = Object.keys(keysOf(user)).filter((id) =>
      status === 'Active' ? id !== user.key.accessKeyId : id === user.key.accessKeyId,
    );
    const nowMs = aws.clock.nowMs();
    statusOf(accessKeyId).set(status === 'Active' ? 'absent' : 'Active', nowMs - 1, 0);
    statusOf(accessKeyId).set(status, nowMs, afterMs);
  };

  it('of a new key, for a minute: it is waited for', async () => {
    const { user, turns } = await begin();
    turns.before('setSecret', () => arrives(user, 'Active', 60_000));
    expect((await turns.house.turn()).status).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });

  it('of a new key, for three minutes: setSecret ends in its time, and the reattempt goes on with the same key', async () => {
    const { user, turns } = await begin();
    turns.before('setSecret', () => arrives(user, 'Active', 180_000));
    const failure = await turns.rotationFails();
    expect(failure).toMatchObject({ step: 'setSecret', code: 'TargetTimeout', message: /IAM is slow to tell it/ });
    expect(failure.tookMs).toBeLessThan(120_000);
    const keys = keysOf(user);
    expect(await turns.standing()).toEqual(untouched);
    await aws.clock.sleep(90_000);
    expect(await turns.triedAgain(failure)).toBe('SUCCEEDED');
    expect(keys).toMatchObject(keysOf(user));
    expect(await turns.standing()).toEqual(turned);
  });

  it('of a disabled key: nothing is deleted before it is proven dead', async () => {
    const { user, turns } = await begin();
    turns.before('prove-refused', () => arrives(user, 'Inactive', 40_000));
    const failure = await turns.rolloutFails();
    expect(failure).toMatchObject({ code: 'StillAccepted', message: /still accepts .* IAM may be slow to tell it/ });
    expect(keysOf(user)[user.key.accessKeyId]).toBe('Inactive');
    await aws.clock.sleep(20_000);
    expect(await turns.resumed(failure)).toBe('SUCCEEDED');
    expect(await turns.standing()).toEqual(turned);
  });
});

describe('the user is gone', () => {
  const remove = ({ target }: User) => void aws.iam.identities.users.delete(target.userName);

  it.each(['createSecret', 'setSecret'])('before %s: it fails, and says what may be wrong', async (step) => {
    const { user, turns } = await begin();
    turns.before(step, () => remove(user));
    const failure = await turns.rotationFails();
    // The tag on the user is what permits: without a user, AWS denies.
    expect(failure).toMatchObject({ step, code: 'AccessDenied' });
    expect(failure.message).toMatch(/for the IAM user app-\d+ .*correct the inventory if there is no such user/);
    expect((await turns.house.labelsOf())['AWSCURRENT']).not.toBe(failure.versionId);
  });

  it('before Disable: the rollout holds, and nothing is called dead', async () => {
    const { user, turns } = await begin();
    turns.before('disable', () => remove(user));
    expect(await turns.rolloutFails()).toMatchObject({ code: 'AccessDenied' });
    expect(turns.house.records).toMatchObject([{ result: 'held', refusals: [] }]);
  });
});
