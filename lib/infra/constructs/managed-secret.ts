import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { parameterNameOf, type SecretEntry } from '../../core/entry.ts';
import { viewTag } from '../../core/views/view-tag.ts';
import type { SecretDeclaration } from '../../inventory/types.ts';
import { factsOf } from '../../kinds/registry.ts';
import type { KindFunctions } from './kind-functions.ts';
import { MadeSecret } from './made-secret.ts';

export interface ManagedSecretProps {
  declaration: SecretDeclaration;
  entry: SecretEntry;
  functions: KindFunctions;
}

/**
 * What one more secret costs: the schedule of its rotation and its inventory entry. A secret that exists is taken by its
 * name; only `create: true` adds to it.
 */
export class ManagedSecret extends Construct {
  constructor(scope: Construct, id: string, { declaration, entry, functions }: ManagedSecretProps) {
    super(scope, id);
    const parameter = new CfnParameter(this, 'Entry', {
      name: parameterNameOf(entry.secret),
      type: 'String',
      description: `Keyturn's inventory entry of ${entry.secret}`,
      value: JSON.stringify(entry),
    });

    const facts = factsOf(declaration.kind);
    const made = declaration.create
      ? new MadeSecret(this, 'Secret', {
          name: entry.secret,
          value: facts.initialValue(facts.parseTarget(declaration.target)),
        })
      : undefined;
    const schedule = new CfnRotationSchedule(this, 'Rotation', {
      secretId: made?.arn ?? entry.secret,
      rotationLambdaArn: functions.rotate.arn,
      // Deploying never rotates a live secret. Secrets Manager only runs testSecret, for which the rest must be there.
      rotateImmediatelyOnUpdate: false,
      rotationRules: { automaticallyAfterDays: entry.maximumAgeDays },
    });
    schedule.addResourceDependency(functions.permission);
    schedule.addResourceDependency(parameter);

    for (const [name, view] of Object.entries(declaration.views ?? {})) {
      if (typeof view === 'string' || !view.create) continue;
      new MadeSecret(this, `View-${name}`, { name, tag: viewTag, rotatedBy: entry.secret });
    }
  }
}
