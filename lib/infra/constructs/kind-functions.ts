import { Stack } from 'aws-cdk-lib';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { intentTag } from '../../core/rotation/orphans.ts';
import type { AwsPlace, Statement } from '../../core/statement.ts';
import { rotateTimeoutSeconds } from '../../inventory/defaults.ts';
import { adminSecretsOf, keptSecretsOf } from '../../inventory/in-use.ts';
import type { Inventory } from '../../inventory/types.ts';
import { factsOf, type KindId } from '../../kinds/registry.ts';
import { executionArns, functionArn, functionNames, machineArn, machineNames, placeOf } from '../names.ts';
import { onAdminSecrets, onEntries, onKeptSecrets, onKeys, onSecretsOf } from '../secret-grants.ts';
import type { Grant } from '../statements.ts';
import { BundledFunction, type CodeOf } from './bundled-function.ts';

export interface KindFunctionsProps {
  kind: KindId;
  inventory: Inventory;
  codeOf: CodeOf;
}

/**
 * A kind's two functions. `rotate` runs the four steps, promotes, and starts the rollout; `retire` revokes, at the
 * rollout's request. Neither can do the other's part: that is the point of having two.
 */
export class KindFunctions extends Construct {
  readonly rotate: BundledFunction;
  readonly retire: BundledFunction;
  /** Lets Secrets Manager invoke `rotate`; schedules of rotations depend on it. */
  readonly permission: CfnPermission;

  constructor(scope: Construct, id: string, { kind, inventory, codeOf }: KindFunctionsProps) {
    super(scope, id);
    const place = placeOf(this);
    const facts = factsOf(kind);
    const admins = onAdminSecrets(place, adminSecretsOf(inventory, kind));
    const keptSecrets = keptSecretsOf(inventory, kind);
    const kept = onKeptSecrets(place, keptSecrets);
    const keys = inventory.encryptionKeyArns ?? [];
    const shared = {
      codeOf,
      timeoutSeconds: rotateTimeoutSeconds,
      network: inventory.networks?.[kind],
    } as const;

    this.retire = new BundledFunction(this, 'Retire', {
      ...shared,
      functionName: functionNames.retire(kind),
      environment: {},
      grants: [
        onSecretsOf(
          place,
          [kind],
          ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds'],
        ),
        ...admins,
        ...kept,
        ...onKeys(place, keys, keptSecrets.length > 0 ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt']),
        onEntries(place),
        ...kindNeeds(kind, facts.needs.retire(place)),
      ],
    });

    this.rotate = new BundledFunction(this, 'Rotate', {
      ...shared,
      functionName: functionNames.rotate(kind),
      environment: {
        ROLLOUT_MACHINE_ARN: machineArn(place, machineNames.rollout),
        RETIRE_FUNCTION_ARN: this.retire.arn,
      },
      grants: [
        onSecretsOf(
          place,
          [kind],
          [
            'secretsmanager:DescribeSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecretVersionStage',
          ],
        ),
        ...admins,
        ...kept,
        ...onKeys(place, keys, ['kms:Decrypt', 'kms:GenerateDataKey']),
        onEntries(place),
        ...rolloutStart(place),
        ...(facts.origin === 'minted' ? minting(place, kind) : []),
        ...kindNeeds(kind, facts.needs.rotate(place)),
      ],
    });

    this.permission = new CfnPermission(this, 'SecretsManager', {
      functionName: this.rotate.arn,
      action: 'lambda:InvokeFunction',
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Stack.of(this).account,
    });
  }
}

function kindNeeds(kind: KindId, statements: readonly Statement[]): Grant[] {
  return statements.map((statement) => ({
    ...statement,
    why: `What the kind ${kind} needs at its targets, whose number the policy must not grow with: see lib/kinds/${kind}/facts.ts`,
  }));
}

/** finishSecret starts the rollout, and looks whether the last one of the same name ran. */
function rolloutStart(place: AwsPlace): Grant[] {
  return [
    { actions: ['states:StartExecution'], resources: [machineArn(place, machineNames.rollout)] },
    {
      actions: ['states:DescribeExecution'],
      resources: [executionArns(place, machineNames.rollout)],
      why: 'Executions of the one machine are named by secret and version, which the policy cannot list',
    },
  ];
}

/** A minted credential that was not stored is found by the intent tag, and discarded by the function that may. */
function minting(place: AwsPlace, kind: KindId): Grant[] {
  const tagging = onSecretsOf(place, [kind], ['secretsmanager:TagResource', 'secretsmanager:UntagResource']);
  return [
    onSecretsOf(place, [kind], ['secretsmanager:ListSecretVersionIds']),
    { ...tagging, conditions: { ...tagging.conditions, 'ForAllValues:StringEquals': { 'aws:TagKeys': [intentTag] } } },
    { actions: ['lambda:InvokeFunction'], resources: [functionArn(place, functionNames.retire(kind))] },
  ];
}
