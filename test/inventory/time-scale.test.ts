import { describe, expect, it } from 'vitest';
import { inventory } from '../../bin/inventory.ts';
import { compileInventory } from '../../lib/inventory/compile.ts';

const perTwoHours = 7_200;

describe('an inventory compiled for a rehearsal', () => {
  const [declared] = compileInventory(inventory);
  const [scaled] = compileInventory(inventory, perTwoHours);

  it('waits a fraction of the time, in whole seconds', () => {
    expect(declared?.timings).toMatchObject({ soakSeconds: 1800, graceSeconds: 86_400, skewSeconds: 10 });
    expect(scaled?.timings).toMatchObject({ soakSeconds: 1, graceSeconds: 12, skewSeconds: 1, pollSeconds: 1 });
  });

  it('keeps three minutes for what AWS and the targets must have done by then', () => {
    expect(scaled?.timings).toMatchObject({ gateSeconds: 180, coalesceSeconds: 180, promotionSeconds: 180 });
    const consumers = scaled?.waves.flat() ?? [];
    expect(new Set(consumers.map(({ deadlineSeconds }) => deadlineSeconds))).toEqual(new Set([180]));
    const checks = consumers.flatMap((consumer) => consumer.checks);
    expect(new Set(checks.map((check) => check.deadlineSeconds))).toEqual(new Set([180]));
  });

  it('lengthens no limit and no wait', () => {
    expect(compileInventory(inventory, 1)).toEqual(compileInventory(inventory));
  });
});
