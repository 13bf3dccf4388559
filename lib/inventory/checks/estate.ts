import { checkIds } from '../../checks/registry.ts';
import { consumerTypeIds } from '../../consumers/registry.ts';
import { kindIds } from '../../kinds/registry.ts';
import { type Mistake, oneOf } from '../mistake.ts';
import type { Inventory } from '../types.ts';
import { timeZoneMistake } from './time-zone.ts';

/** What holds for the whole inventory: time zone, alarms' address, keys, networks. */
export function* checkEstate(inventory: Inventory): Generator<Mistake> {
  const zone = timeZoneMistake(inventory.timeZone);
  if (zone) yield { where: 'timeZone', ...zone };

  const { notifyEmail } = inventory;
  if (notifyEmail !== undefined && !/^[^\s@]+@[^\s@]+$/.test(notifyEmail)) {
    yield {
      where: 'notifyEmail',
      what: `"${notifyEmail}" is no address`,
      remedy: 'Write one such as ops@example.com, or leave it out',
    };
  }

  for (const arn of inventory.encryptionKeyArns ?? []) {
    if (/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(arn)) continue;
    // IAM matches a policy's Resource against the key's own ARN, never against an alias.
    yield {
      where: 'encryptionKeyArns',
      what: `"${arn}" is not the ARN of a key`,
      remedy: 'Write arn:aws:kms:REGION:ACCOUNT:key/ID; an alias does not work in a policy',
    };
  }

  for (const [id, network] of Object.entries(inventory.networks ?? {})) {
    const where = `network "${id}"`;
    if (!knownIds.has(id)) {
      yield {
        where,
        what: 'it belongs to no kind, consumer type or check',
        remedy: `Use one of: ${oneOf([...knownIds])}`,
      };
    }
    if (!allMatch(network.subnetIds, /^subnet-[0-9a-f]+$/)) {
      yield { where, what: 'its subnetIds are no subnet ids', remedy: 'List at least one, such as subnet-0abc…' };
    }
    if (!allMatch(network.securityGroupIds, /^sg-[0-9a-f]+$/)) {
      yield {
        where,
        what: 'its securityGroupIds are no security group ids',
        remedy: 'List at least one, such as sg-0abc…',
      };
    }
  }
}

const knownIds = new Set<string>([...kindIds, ...consumerTypeIds, ...checkIds]);

function allMatch(ids: readonly string[], form: RegExp): boolean {
  return ids.length > 0 && ids.every((id) => form.test(id));
}
