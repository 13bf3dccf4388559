import type { Inventory } from '../lib/inventory/types.ts';
import { everyKind } from '../lib/rehearsal/estates/every-kind.ts';
import { inventory as maily } from '../lib/rehearsal/estates/maily/inventory.ts';
import { inventory } from './inventory.ts';

export interface EstateToRehearse {
  /** For the help text. */
  title: string;
  inventory: Inventory;
  /** Where its account is. */
  region: string;
}

/** What can be rehearsed, by name. */
export const estates: Readonly<Record<string, EstateToRehearse>> = {
  buywhere: { title: 'bin/inventory.ts, which is what `npx cdk deploy` deploys', inventory, region: 'ap-southeast-1' },
  maily: { title: 'six sorts of credential, each with its own frequency', inventory: maily, region: 'us-east-1' },
  kinds: {
    title: 'one secret of every kind, each with a service of its own',
    inventory: everyKind,
    region: 'us-east-1',
  },
};

export const defaultEstate = 'buywhere';

/** @throws Error naming those that there are */
export function estateNamed(name: string): EstateToRehearse {
  const estate = Object.hasOwn(estates, name) ? estates[name] : undefined;
  if (estate !== undefined) return estate;
  throw new Error(`there is no estate "${name}"; there is: ${Object.keys(estates).join(', ')}`);
}
