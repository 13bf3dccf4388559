import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { codeOf, openScene } from './scene.ts';

let scene: Awaited<ReturnType<typeof openScene>>;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

const create = (token: string) => scene.house.step('createSecret', token);

describe('createSecret of a value that a human brought', () => {
  it('refuses while none waits, and leaves nothing pending', async () => {
    expect(await codeOf(create(await scene.begin()))).toBe('NothingSupplied');
    expect(await scene.house.labelsOf()).not.toHaveProperty('AWSPENDING');
    expect((await scene.house.turn()).status).toBe('SUCCEEDED');
  });

  it('copies it, and the label follows the value', async () => {
    const key = scene.makeKey();
    await scene.supply(key);
    const token = await scene.begin();
    await create(token);
    expect(await scene.valueOf(token)).toBe(key.value);
    expect(await scene.suppliedOn()).toBe(token);
  });

  it('replayed stores nothing again', async () => {
    await scene.supply(scene.makeKey());
    const token = await scene.begin();
    await create(token);
    scene.house.store.put = async () => {
      throw new Error('must not be stored');
    };
    await create(token);
    expect((await scene.house.labelsOf())['AWSPENDING']).toBe(token);
  });

  it('gives nothing up when what waits cannot be read now', async () => {
    const waiting = await scene.supply(scene.makeKey());
    const token = await scene.begin();
    const { read } = scene.house.store;
    scene.house.store.read = async (secretId, which) => {
      if (which.versionId === waiting) throw new KeyturnError('AwsUnavailable', 'throttled');
      return read(secretId, which);
    };
    expect(await codeOf(create(token))).toBe('AwsUnavailable');
    expect((await scene.house.labelsOf())['AWSPENDING']).toBe(token);
    expect(await scene.suppliedOn()).toBe(waiting);
  });

  it('keeps a version’s value when another is brought between two tries, which waits for the next rotation', async () => {
    const [first, second] = [scene.makeKey(), scene.makeKey()];
    await scene.supply(first);
    const token = await scene.begin();
    await create(token);
    const later = await scene.supply(second);
    await create(token);
    expect([await scene.valueOf(token), await scene.suppliedOn()]).toEqual([first.value, later]);
    for (const step of ['setSecret', 'testSecret', 'finishSecret']) await scene.house.step(step, token);
    expect((await scene.house.rolloutOf(token)).status).toBe('SUCCEEDED');
    expect(await scene.suppliedOn()).toBe(later);
    const { versionId } = await scene.house.turn();
    expect(await scene.valueOf(versionId)).toBe(second.value);
  });

  it('keeps a version’s value also when what is brought meanwhile cannot be used', async () => {
    const key = scene.makeKey();
    await scene.supply(key);
    const token = await scene.begin();
    await create(token);
    await scene.house.store.put(
      scene.house.secretArn,
      crypto.randomUUID(),
      SecretValue.of('no JSON'),
      'KEYTURN_SUPPLIED',
    );
    await create(token);
    expect(await scene.valueOf(token)).toBe(key.value);
    expect((await scene.house.labelsOf())['AWSPENDING']).toBe(token);
  });

  it('lets it wait for the next rotation when its own is given up', async () => {
    const key = scene.makeKey();
    await scene.supply(key);
    const token = await scene.begin();
    await create(token);
    await scene.house.store.moveLabel(scene.house.secretArn, 'AWSPENDING', { from: token });
    const { status, versionId } = await scene.house.turn();
    expect(status).toBe('SUCCEEDED');
    expect(await scene.valueOf(versionId)).toBe(key.value);
  });

  it('takes the value in use for nothing new: it waits no longer, and blocks nothing', async () => {
    const { id, value } = scene.provider.byHand;
    await scene.supply({ id, value });
    expect(await codeOf(create(await scene.begin()))).toBe('NothingSupplied');
    expect(await scene.suppliedOn()).toBeUndefined();
    expect(await scene.house.labelsOf()).not.toHaveProperty('AWSPENDING');
  });

  it('refuses a new value under the name of the one in use: a human would destroy the wrong key', async () => {
    await scene.supply({ id: scene.provider.byHand.id, value: scene.makeKey().value });
    expect(await codeOf(create(await scene.begin()))).toBe('SecretMalformed');
    expect(await scene.house.labelsOf()).not.toHaveProperty('AWSPENDING');
  });
});

describe('a value that the provider refuses', () => {
  it('is not promoted, and waits no longer', async () => {
    const key = scene.makeKey();
    scene.server.delete(key);
    await scene.server.clock.sleep(60_000);
    await scene.supply(key);
    const token = await scene.begin();
    await create(token);
    expect(await codeOf(scene.house.step('setSecret', token))).toBe('PendingPoisoned');
    expect(await scene.suppliedOn()).toBeUndefined();
    expect(await scene.house.labelsOf()).toEqual({ AWSCURRENT: expect.any(String) });
    expect((await scene.house.turn()).status).toBe('SUCCEEDED');
  });
});

describe('a rollout that goes back', () => {
  it('never uses its value again: a human is asked to destroy that one', async () => {
    const key = scene.makeKey();
    await scene.supply(key);
    const api = scene.house.consumers.get('api');
    let bad = '';
    if (api)
      api.progressOf = ({ versionId }) =>
        versionId === bad ? { state: 'failed', reason: 'crash loop' } : { state: 'converged', detail: 'up' };
    bad = await scene.house.start();
    expect(await scene.house.rolloutOf(bad)).toEqual({ status: 'FAILED', error: 'ConsumerFailed' });
    expect(await scene.suppliedOn()).toBeUndefined();
    expect(scene.provider.account.keys.get(key.id)?.deleted).toBe(true);
    expect(scene.provider.byHand.deleted).toBe(false);
    expect(await codeOf(create(await scene.begin()))).toBe('NothingSupplied');
  });
});
