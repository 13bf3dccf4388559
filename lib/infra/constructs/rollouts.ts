import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type CheckId, checkFactsOf } from '../../checks/registry.ts';
import { type ConsumerTypeId, consumerFactsOf } from '../../consumers/registry.ts';
import { checksInUse, consumerTypesInUse } from '../../inventory/in-use.ts';
import type { Inventory } from '../../inventory/types.ts';
import type { KindId } from '../../kinds/registry.ts';
import { rolloutDefinition } from '../definitions/rollout.ts';
import { functionNames, machineNames, placeOf } from '../names.ts';
import { onEntries, onKeys, onSecretsOf, onViews } from '../secret-grants.ts';
import type { Grant } from '../statements.ts';
import { BundledFunction, type CodeOf } from './bundled-function.ts';
import type { KindFunctions } from './kind-functions.ts';
import { Machine } from './machine.ts';

/** Of the functions that only look and ask; what takes long is waited for by the machine. */
const TIMEOUT_SECONDS = 60;

export interface RolloutsProps {
  inventory: Inventory;
  codeOf: CodeOf;
  kinds: ReadonlyMap<KindId, KindFunctions>;
  evidence: Bucket;
  topic: Topic;
}

/** The rollout's machine, and the functions that it calls beside the kinds': refresh, probe, and its own. */
export class Rollouts extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { inventory, codeOf, kinds, evidence, topic }: RolloutsProps) {
    super(scope, id);
    const place = placeOf(this);
    const directory: Record<string, string> = {};
    for (const [kind, { retire }] of kinds) directory[`retire:${kind}`] = retire.arn;
    for (const type of consumerTypesInUse(inventory))
      directory[`refresh:${type}`] = this.addRefresh(type, inventory, codeOf).arn;
    for (const check of checksInUse(inventory))
      directory[`probe:${check}`] = this.addProbe(check, inventory, codeOf).arn;

    const rollout = new BundledFunction(this, 'Rollout', {
      functionName: functionNames.rollout,
      codeOf,
      timeoutSeconds: TIMEOUT_SECONDS,
      environment: {
        FUNCTIONS: JSON.stringify(directory),
        EVIDENCE_BUCKET: evidence.bucketName,
        TOPIC_ARN: topic.topicArn,
      },
      grants: [
        onSecretsOf(
          place,
          [...kinds.keys()],
          ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
        ),
        onViews(place, [
          'secretsmanager:DescribeSecret',
          'secretsmanager:ListSecretVersionIds',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ]),
        ...onKeys(place, inventory.encryptionKeyArns ?? [], ['kms:Decrypt', 'kms:GenerateDataKey']),
        onEntries(place),
        {
          actions: ['s3:PutObject'],
          resources: [evidence.arnForObjects('*')],
          why: 'It writes one object per rollout, named by secret and version, into this one bucket',
        },
        { actions: ['sns:Publish'], resources: [topic.topicArn] },
      ],
    });

    this.machine = new Machine(this, 'RolloutMachine', {
      machineName: machineNames.rollout,
      definition: rolloutDefinition({ rolloutFunctionArn: rollout.arn }),
      invokes: [rollout.arn, ...Object.values(directory)],
    });
  }

  private addRefresh(type: ConsumerTypeId, { consumers, networks }: Inventory, codeOf: CodeOf): BundledFunction {
    const facts = consumerFactsOf(type);
    const configs = Object.values(consumers)
      .filter((consumer) => consumer.type === type)
      .map(({ config }) => facts.parseConfig(config));
    return new BundledFunction(this, `Refresh-${type}`, {
      functionName: functionNames.refresh(type),
      codeOf,
      timeoutSeconds: TIMEOUT_SECONDS,
      environment: {},
      grants: withReason(
        facts.needs(configs, placeOf(this)),
        `What consumers of the type ${type} need: see lib/consumers/${type}/facts.ts`,
      ),
      network: networks?.[type],
    });
  }

  private addProbe(check: CheckId, { consumers, networks }: Inventory, codeOf: CodeOf): BundledFunction {
    const facts = checkFactsOf(check);
    const configs = Object.values(consumers)
      .flatMap(({ checks }) => checks)
      .filter(({ type }) => type === check)
      .map(({ config }) => facts.parseConfig(config));
    return new BundledFunction(this, `Probe-${check}`, {
      functionName: functionNames.probe(check),
      codeOf,
      timeoutSeconds: TIMEOUT_SECONDS,
      environment: {},
      grants: withReason(
        facts.needs(configs, placeOf(this)),
        `What the check ${check} needs: see lib/checks/${check}/facts.ts`,
      ),
      network: networks?.[check],
    });
  }
}

function withReason(statements: readonly Grant[], why: string): Grant[] {
  return statements.map((statement) => ({ ...statement, why }));
}
