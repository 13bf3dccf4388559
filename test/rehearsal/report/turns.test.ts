import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TurnWatch, watchTurns } from '../../../lib/rehearsal/report/turns.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { SecretsManager } from '../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { States } from '../../../lib/simulator/states/states.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';

let world: SimulatedWorld;
let secretArn: string;
beforeEach(async () => {
  world = await startSimulator();
  secretArn = world.service<SecretsManager>('secretsmanager').create({ name: 'db/app', secretString: '{}' });
});
afterEach(() => world.close());

/** Runs a rollout that enters these states and nothing else. */
async function rollOut(names: string[], ending: object): Promise<{ watch: TurnWatch; seen: string[] }> {
  const states = world.service<States>('states');
  const passes = names.map((name, index) => [name, { Type: 'Pass', Next: names[index + 1] ?? 'End' }]);
  const definition = JSON.stringify({
    StartAt: names[0],
    States: { ...Object.fromEntries(passes), End: ending },
  });
  const { arn } = states.create({ name: 'rollout', roleArn: 'none', definition });
  const seen: string[] = [];
  const watch = watchTurns(world, arn, ['db/app'], ({ phase }) => seen.push(phase));
  const started = await world.perform(world.identities.rootPrincipal, 'states', 'StartExecution', {
    stateMachineArn: arn,
    input: JSON.stringify({ secretArn, versionId: 'v' }),
  });
  await states.closed((started as { executionArn: string }).executionArn);
  watch.look();
  watch.look();
  return { watch, seen };
}

const succeed = { Type: 'Succeed' };
const fail = { Type: 'Fail', Error: 'GateClosed', Cause: 'somebody still uses it' };

describe('a turn that is watched', () => {
  it('goes through its phases, each told once, to its result', async () => {
    const { watch, seen } = await rollOut(['AwaitPromotion', 'Plan', 'Waves', 'Soak', 'RecordRetired'], succeed);
    expect(seen).toEqual(['awaiting promotion', 'planning', 'refreshing consumers', 'soaking', 'retired']);
    expect(watch.turns).toMatchObject([{ secret: 'db/app', result: 'retired', stateTransitions: 6 }]);
  });

  it('says of every phase of the way back that it is one', async () => {
    const { watch, seen } = await rollOut(['Waves', 'MoveBack', 'WriteViews', 'Waves2', 'RecordRolledBack'], fail);
    expect(seen).toEqual(['refreshing consumers', 'going back', 'going back: writing views', 'rolled-back']);
    expect(watch.turns[0]?.result).toBe('rolled-back');
  });

  it('is held, with the reason, when its rollout fails without a record', async () => {
    const { watch } = await rollOut(['Waves'], fail);
    expect(watch.turns).toMatchObject([{ result: 'held', reason: 'GateClosed: somebody still uses it' }]);
  });

  it('knows when the credential that had to go was refused', async () => {
    const fromMs = world.nowMs();
    const { watch } = await rollOut(['Disable', 'ProveRefused', 'RecordRetired'], succeed);
    expect(watch.turns[0]?.refusedAtMs).toBeGreaterThanOrEqual(fromMs);
  });

  it('that nothing ever starts is given up, and says where it stands', () => {
    const watch = watchTurns(world, 'none', ['db/app'], () => undefined);
    watch.look();
    watch.giveUp('not ended in time');
    expect(watch.turns).toMatchObject([{ result: 'held', reason: 'not ended in time: waiting' }]);
  });
});
