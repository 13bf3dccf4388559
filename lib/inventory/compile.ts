import type { SecretEntry } from '../core/entry.ts';
import { checkInventory } from './checks/index.ts';
import { compileEntry } from './compile-entry.ts';
import { inventoryError } from './mistake.ts';
import { scaleEntry } from './time-scale.ts';
import type { Inventory } from './types.ts';

/**
 * Every secret's entry, in the inventory's order.
 * @throws InvalidInput that lists all of the inventory's mistakes, each with its entry and its remedy.
 */
export function compileInventory(inventory: Inventory, timeScale = 1): SecretEntry[] {
  const mistakes = checkInventory(inventory);
  if (mistakes.length > 0) throw inventoryError(mistakes);
  return Object.keys(inventory.secrets).map((name) => scaleEntry(compileEntry(inventory, name), timeScale));
}
