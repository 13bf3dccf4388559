import type { Mistake } from '../mistake.ts';
import { shapeMistakes } from '../shape.ts';
import type { Inventory } from '../types.ts';
import { checkConsumers } from './consumers.ts';
import { checkEntries } from './entries.ts';
import { checkEstate } from './estate.ts';
import { checkPolicies } from './policies.ts';
import { checkSecrets } from './secrets.ts';
import { checkViews } from './views.ts';

/** Every mistake of an inventory. Only one of the wrong shape is not looked at further. */
export function checkInventory(inventory: Inventory): Mistake[] {
  const shape = shapeMistakes(inventory);
  if (shape.length > 0) return shape;
  return [checkEstate, checkPolicies, checkConsumers, checkSecrets, checkViews, checkEntries].flatMap((check) => [
    ...check(inventory),
  ]);
}
