import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { codeOf, openScene } from './scene.ts';

let scene: Awaited<ReturnType<typeof openScene>>;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

const timings = (change: object) => {
  scene.house.entry = { ...scene.house.entry, timings: { ...scene.house.entry.timings, ...change } };
};

describe('the end of a key that only a human can destroy', () => {
  it('is waited for, with reminders, and the rollout goes on by itself', async () => {
    let reminders = 0;
    const { destroy } = scene.human;
    scene.human.destroy = async (identity) => {
      expect(identity).toBe(scene.provider.byHand.id);
      reminders += 1;
      if (reminders === 3) await destroy(identity);
    };
    expect((await scene.house.turn()).status).toBe('SUCCEEDED');
    expect(reminders).toBe(3);
    expect(scene.house.records).toMatchObject([
      {
        result: 'retired',
        failure: null,
        finality: 'destroyed',
        retiredIdentity: scene.provider.byHand.id,
        refusals: [{ endpoint: 'Anthropic', error: 'HTTP 401 authentication_error' }],
      },
    ]);
  });

  it('is waited for through the provider’s bad days, which are in no record', async () => {
    const { destroy } = scene.human;
    let failures = 0;
    scene.human.destroy = async (identity) => {
      scene.server.intercept = () => {
        failures += 1;
        if (failures < 10) return { status: 529, body: { type: 'error', error: { type: 'overloaded_error' } } };
        return undefined;
      };
      await destroy(identity);
    };
    expect((await scene.house.turn()).status).toBe('SUCCEEDED');
    expect(scene.house.records).toMatchObject([{ result: 'retired', failure: null }]);
  });

  it('is reminded of at intervals, not at every look', async () => {
    timings({ reminderSeconds: 86_400 });
    let reminders = 0;
    let looks = 0;
    scene.human.destroy = async () => {
      reminders += 1;
    };
    scene.house.beforeInvoke = async (name, { op }) => {
      if (name !== 'retire-memory' || op !== 'disable') return;
      looks += 1;
      if (looks === 5) {
        scene.server.delete(scene.provider.byHand);
        await scene.server.clock.sleep(60_000);
      }
    };
    expect((await scene.house.turn()).status).toBe('SUCCEEDED');
    expect({ reminders, looks }).toEqual({ reminders: 1, looks: 5 });
  });

  it('holds when nobody did it in time, with nothing revoked; the next attempt finds it done', async () => {
    timings({ humanSeconds: 0 });
    scene.human.destroy = () => scene.server.clock.sleep(1_000);
    const { versionId, ...ended } = await scene.house.turn();
    expect(ended).toEqual({ status: 'FAILED', error: 'AwaitsHuman' });
    expect(scene.house.records).toMatchObject([
      { result: 'held', finality: 'nothing-revoked', retiredIdentity: null, failure: { code: 'AwaitsHuman' } },
    ]);
    scene.server.delete(scene.provider.byHand);
    await scene.server.clock.sleep(60_000);
    await scene.house.resume();
    expect((await scene.house.rolloutOf(versionId, 2)).status).toBe('SUCCEEDED');
  });

  it('is not asked for while the new key is refused', async () => {
    const { kind, context, old, fresh } = await bothKeys();
    scene.server.delete(scene.provider.account.keys.get(fresh.id) ?? scene.provider.byHand);
    await scene.server.clock.sleep(60_000);
    expect(await codeOf(kind.disable(context, { retire: old, keep: fresh }))).toBe('AuthenticationRefused');
  });

  it('is not asked for twice of one key', async () => {
    const { kind, context, old } = await bothKeys();
    expect(await codeOf(kind.disable(context, { retire: old, keep: old }))).toBe('CurrentMoved');
  });

  it('cannot be undone', async () => {
    const { kind, context, old } = await bothKeys();
    await kind.enable(context, old);
    await scene.human.destroy(scene.provider.byHand.id);
    expect(await codeOf(kind.enable(context, old))).toBe('CannotGoBack');
  });
});

async function bothKeys() {
  const { createKind } = await import('../../../lib/kinds/supplied/index.ts');
  const kind = createKind();
  const { provider } = scene;
  const current = kind.parse(provider.current, provider.target);
  const value = current && kind.accept(provider.target, provider.human.supply(), current);
  const fresh = value && kind.parse(value, provider.target);
  if (current === undefined || fresh === undefined) throw new KeyturnError('InvalidInput', 'no credential');
  await scene.server.clock.sleep(60_000);
  return { kind, context: provider.context(), old: current, fresh };
}
