import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { intentTag } from '../../../lib/core/rotation/orphans.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { beginRotation as begin } from '../../support/begin-rotation.ts';
import { buildHouse, type House } from '../../support/house.ts';

let house: House;
afterEach(() => house.close());

const beginRotation = () => begin(house);
const pendingOf = (token: string) => house.store.read(house.secretArn, { versionId: token });
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no error',
    (error: unknown) => (error as KeyturnError).code,
  );

describe('the four steps of a chosen kind', () => {
  beforeEach(async () => {
    house = await buildHouse();
  });

  it('promote a value that was stored before it was installed', async () => {
    const token = await beginRotation();
    await house.step('createSecret', token);
    expect(house.target.accepts(await pendingOf(token))).toBe(false);
    await house.step('setSecret', token);
    expect(house.target.accepts(await pendingOf(token))).toBe(true);
    await house.step('testSecret', token);
    await house.step('finishSecret', token);
    expect((await house.labelsOf())['AWSCURRENT']).toBe(token);
  });

  it.each(steps.map((step, index) => ({ step, index })))(
    'can be replayed from createSecret after $step',
    async ({ index }) => {
      const token = await beginRotation();
      for (const step of steps.slice(0, index + 1)) await house.step(step, token);
      const stored = await pendingOf(token);
      for (const step of steps) await house.step(step, token);
      expect((await pendingOf(token)).equals(stored)).toBe(true);
      expect((await house.rolloutOf(token)).status).toBe('SUCCEEDED');
      expect(house.target.accepts(stored)).toBe(true);
    },
  );

  it('keep both credentials accepted until the rollout retires the old one', async () => {
    house.consumers.forEach((consumer) => {
      consumer.progressOf = () => {
        throw new KeyturnError('ConsumerUnfit', 'not yet');
      };
    });
    const old = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
    const token = await beginRotation();
    for (const step of steps) await house.step(step, token);
    await house.rolloutOf(token);
    expect(house.target.accepts(old)).toBe(true);
    expect(house.target.accepts(await pendingOf(token))).toBe(true);
  });

  it('refuse a token that is not pending any more', async () => {
    const token = await beginRotation();
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: token });
    expect(await codeOf(house.step('createSecret', token))).toBe('TokenRejected');
    expect(await codeOf(house.step('finishSecret', token))).toBe('TokenRejected');
  });

  it('refuse while a version is retiring, and do not block the rotation after it', async () => {
    house.target.inUse.add('app');
    const first = await house.turn();
    expect(first.error).toBe('GateClosed');
    const second = await beginRotation();
    expect(await codeOf(house.step('createSecret', second))).toBe('RolloutStillOpen');
    expect((await house.labelsOf())['AWSPENDING']).not.toBe(second);
  });

  it('start the rollout before they move a label, so that a death in between leaves nothing to chance', async () => {
    const token = await beginRotation();
    for (const step of steps.slice(0, 3)) await house.step(step, token);
    const ensure = house.parts.ensureRollout;
    house.parts.ensureRollout = async (ref) => {
      expect((await house.labelsOf())['KEYTURN_RETIRING']).toBeUndefined();
      await ensure(ref);
      throw new KeyturnError('AwsUnavailable', 'killed right after the start');
    };
    expect(await codeOf(house.step('finishSecret', token))).toBe('AwsUnavailable');
    house.parts.ensureRollout = ensure;
    for (const step of steps) await house.step(step, token);
    expect((await house.rolloutOf(token)).status).toBe('SUCCEEDED');
  });

  it('let the same token through while its own outgoing version is labelled but not yet replaced', async () => {
    const token = await beginRotation();
    for (const step of steps.slice(0, 3)) await house.step(step, token);
    const { AWSCURRENT: outgoing = '' } = await house.labelsOf();
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { to: outgoing });
    for (const step of steps) await house.step(step, token);
    expect((await house.labelsOf())['AWSCURRENT']).toBe(token);
  });

  it('do not promote when somebody else took the retiring label', async () => {
    const token = await beginRotation();
    for (const step of steps.slice(0, 3)) await house.step(step, token);
    const { AWSCURRENT: before } = await house.labelsOf();
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { to: token });
    expect(await codeOf(house.step('finishSecret', token))).toBe('LabelMoved');
    expect((await house.labelsOf())['AWSCURRENT']).toBe(before);
  });

  it('strip a pending value that the target rejects for good, so that the next one is new', async () => {
    const token = await beginRotation();
    await house.step('createSecret', token);
    house.kind.install = async () => {
      throw new KeyturnError('PendingPoisoned', 'the password policy rejects it');
    };
    expect(await codeOf(house.step('setSecret', token))).toBe('PendingPoisoned');
    expect((await house.labelsOf())['AWSPENDING']).toBeUndefined();
  });

  it('install nothing over the name that AWSCURRENT was moved to by hand meanwhile, and block nothing', async () => {
    const token = await beginRotation();
    await house.step('createSecret', token);
    const { name } = (await pendingOf(token)).parse(JSON.parse) as { name: string };
    house.target.accounts.set(name, { password: 'by hand', enabled: true, used: true });
    const byHand = SecretValue.of(JSON.stringify({ name, password: 'by hand', host: 'memory.internal' }));
    await house.store.put(house.secretArn, randomUUID(), byHand, 'AWSCURRENT');
    expect(await codeOf(house.step('setSecret', token))).toBe('CurrentMoved');
    expect(house.target.accepts(byHand)).toBe(true);
    expect((await house.labelsOf())['AWSPENDING']).toBeUndefined();
  });

  it('test current alone, and start nothing, when the pending version has no value (RotateImmediately=false)', async () => {
    const token = await beginRotation();
    house.parts.clock = { nowMs: () => Date.now(), sleep: async () => undefined };
    await house.step('testSecret', token);
    expect(house.target.logins).toEqual([{ name: 'app', accepted: true }]);
    expect(house.states.executionsOf()).toEqual([]);
    const account = house.target.accounts.get('app');
    if (account) account.enabled = false;
    expect(await codeOf(house.step('testSecret', token))).toBe('AuthenticationRefused');
  });
});

describe('the four steps of a minted kind', () => {
  beforeEach(async () => {
    house = await buildHouse({ kind: 'minted' });
    house.target.limit = 2;
  });
  const orphans = () => [...house.target.accounts.keys()];
  const tagOf = async () => (await house.store.describe(house.secretArn)).tags[intentTag];

  it('mint one credential, store it and clear the intent', async () => {
    const token = await beginRotation();
    await house.step('createSecret', token);
    expect(orphans()).toEqual(['app', 'key1']);
    expect(await tagOf()).toBeUndefined();
    await house.step('createSecret', token);
    expect(orphans()).toEqual(['app', 'key1']);
  });

  /** The put fails once, as `kill` says. */
  const failPut = (effect: 'without effect' | 'with effect') => {
    const put = house.store.put;
    house.store.put = async (...args) => {
      house.store.put = put;
      if (effect === 'with effect') await put(...args);
      throw new KeyturnError('AwsUnavailable', 'timed out');
    };
  };

  it('discard the orphan of a put that had no effect, on the next try', async () => {
    const token = await beginRotation();
    failPut('without effect');
    expect(await codeOf(house.step('createSecret', token))).toBe('AwsUnavailable');
    // Never in the same invocation: the put may have taken effect.
    expect(orphans()).toEqual(['app', 'key1']);
    await house.step('createSecret', token);
    expect(orphans()).toEqual(['app', 'key2']);
    expect(house.target.accepts(await pendingOf(token))).toBe(true);
  });

  it('keep the credential of a put that timed out with effect', async () => {
    const token = await beginRotation();
    failPut('with effect');
    expect(await codeOf(house.step('createSecret', token))).toBe('AwsUnavailable');
    await house.step('createSecret', token);
    expect(orphans()).toEqual(['app', 'key1']);
    expect(await tagOf()).toBeUndefined();
  });

  it('find the orphan also under a new token', async () => {
    const first = await beginRotation();
    failPut('without effect');
    await codeOf(house.step('createSecret', first));
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: first });
    const second = await beginRotation();
    await house.step('createSecret', second);
    expect(orphans()).toEqual(['app', 'key2']);
  });

  it('never discard a credential that was used, that existed before, or that nobody recorded without an open intent', async () => {
    house.target.accounts.set('operators', { password: 'p', enabled: true, used: false });
    const token = await beginRotation();
    expect(await codeOf(house.step('createSecret', token))).toBe('UnknownCredential');
    expect(orphans()).toEqual(['app', 'operators']);
    house.target.accounts.delete('operators');
    failPut('without effect');
    await codeOf(house.step('createSecret', token));
    const minted = house.target.accounts.get('key1');
    if (minted) minted.used = true;
    expect(await codeOf(house.step('createSecret', token))).toBe('UnknownCredential');
    expect(orphans()).toEqual(['app', 'key1']);
  });

  it('refuse to discard for the rotation what is no orphan of an open intent', async () => {
    expect(await codeOf(house.parts.discardOrphan({ secretArn: house.secretArn, identity: 'app' }))).toBe(
      'UnknownCredential',
    );
    expect(orphans()).toEqual(['app']);
  });

  it('turn a whole rotation', async () => {
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(orphans()).toEqual(['key1']);
  });
});

describe('a secret without a credential yet', () => {
  it('gets its first one and retires nothing', async () => {
    house = await buildHouse({ initial: '{}' });
    house.target.accounts.clear();
    const { status, versionId } = await house.turn();
    expect(status).toBe('SUCCEEDED');
    expect(house.target.accepts(await pendingOf(versionId))).toBe(true);
    expect(house.records[0]).toMatchObject({ result: 'retired', retiredIdentity: null, refusals: [] });
  });
});

describe('a value', () => {
  it('never shows itself', async () => {
    house = await buildHouse();
    const value = SecretValue.of('canary');
    expect([String(value), JSON.stringify({ value }), `${value.map((text) => text)}`]).toEqual([
      '[redacted]',
      '{"value":"[redacted]"}',
      '[redacted]',
    ]);
  });
});
