import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SecretEntry } from '../../core/entry.ts';
import { kindsInUse } from '../../inventory/in-use.ts';
import type { Inventory } from '../../inventory/types.ts';
import type { KindId } from '../../kinds/registry.ts';
import { Alarms } from '../constructs/alarms.ts';
import type { CodeOf } from '../constructs/bundled-function.ts';
import { Campaigns } from '../constructs/campaigns.ts';
import { DeadLetters } from '../constructs/dead-letters.ts';
import { EvidenceBucket } from '../constructs/evidence-bucket.ts';
import { KindFunctions } from '../constructs/kind-functions.ts';
import { ManagedSecret } from '../constructs/managed-secret.ts';
import { Notifications } from '../constructs/notifications.ts';
import { PromotionWatch } from '../constructs/promotion-watch.ts';
import { Rollouts } from '../constructs/rollouts.ts';
import { Settings } from '../constructs/settings.ts';

export interface KeyturnStackProps extends StackProps {
  inventory: Inventory;
  /** The inventory's entries, compiled. */
  entries: readonly SecretEntry[];
  codeOf: CodeOf;
}

/** All of Keyturn in one account and Region. */
export class KeyturnStack extends Stack {
  constructor(scope: Construct, id: string, { inventory, entries, codeOf, ...props }: KeyturnStackProps) {
    super(scope, id, props);
    const topic = new Notifications(this, 'Notifications', inventory.notifyEmail);
    const deadLetters = new DeadLetters(this, 'DeadLetters');
    const evidence = new EvidenceBucket(this, 'Evidence');

    const kinds = new Map<KindId, KindFunctions>();
    for (const kind of kindsInUse(inventory)) {
      kinds.set(kind, new KindFunctions(this, `Kind-${kind}`, { kind, inventory, codeOf }));
    }
    const { machine: rolloutMachine } = new Rollouts(this, 'Rollouts', { inventory, codeOf, kinds, evidence, topic });
    new Settings(this, 'Settings', { rolloutMachineArn: rolloutMachine.arn, evidenceBucket: evidence.bucketName });
    const campaigns = new Campaigns(this, 'Campaigns', {
      inventory,
      codeOf,
      kinds,
      rolloutMachine,
      topic,
      deadLetters,
    });
    const watch = new PromotionWatch(this, 'PromotionWatch', {
      codeOf,
      kinds: [...kinds.keys()],
      rolloutMachine,
      topic,
      deadLetters,
    });
    new Alarms(this, 'Alarms', { topic, kinds, rolloutMachine, campaigns, watch, deadLetters });

    for (const entry of entries) {
      const declaration = inventory.secrets[entry.secret];
      const functions = declaration && kinds.get(declaration.kind);
      if (declaration && functions) {
        new ManagedSecret(this, `Secret-${entry.secret}`, { declaration, entry, functions });
      }
    }
  }
}
