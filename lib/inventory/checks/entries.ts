import { parameterNameOf } from '../../core/entry.ts';
import { compileEntry } from '../compile-entry.ts';
import type { Mistake } from '../mistake.ts';
import type { Inventory } from '../types.ts';

/** A standard parameter's value. https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAXIMUM_BYTES = 4096;

/** What the entries are to fit in. Secrets whose policy or consumers are unknown have no entry yet. */
export function* checkEntries(inventory: Inventory): Generator<Mistake> {
  const owners = new Map<string, string>();
  for (const [name, secret] of Object.entries(inventory.secrets)) {
    const where = `secret "${name}"`;
    const parameter = parameterNameOf(name);
    const other = owners.get(parameter);
    if (other !== undefined) {
      yield { where, what: `its parameter ${parameter} is that of secret "${other}"`, remedy: 'Rename one of them' };
    }
    owners.set(parameter, name);

    const consumers = secret.waves?.flat() ?? [];
    const known = consumers.every((consumer) => Object.hasOwn(inventory.consumers, consumer));
    if (!known || !Object.hasOwn(inventory.policies, secret.policy)) continue;
    const bytes = Buffer.byteLength(JSON.stringify(compileEntry(inventory, name)));
    if (bytes > MAXIMUM_BYTES) {
      yield {
        where,
        what: `its entry has ${bytes} bytes, more than an SSM parameter's ${MAXIMUM_BYTES}`,
        remedy: 'Shorten templates and configs, or give it fewer consumers',
      };
    }
  }
}
