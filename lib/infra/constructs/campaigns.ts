import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { waitingTag } from '../../core/campaign/waiting.ts';
import { parameterPath } from '../../core/entry.ts';
import type { AwsPlace } from '../../core/statement.ts';
import type { Inventory, Policy } from '../../inventory/types.ts';
import { factsOf, type KindId } from '../../kinds/registry.ts';
import { campaignDefinition } from '../definitions/campaign.ts';
import { executionArns, functionNames, machineNames, placeOf } from '../names.ts';
import { onEntries, onSecretsOf } from '../secret-grants.ts';
import { type Grant, policyOf } from '../statements.ts';
import { BundledFunction, type CodeOf } from './bundled-function.ts';
import type { KindFunctions } from './kind-functions.ts';
import { Machine } from './machine.ts';

/** Secrets of one campaign that are under way to their consumers at a time, unless more of them share consumers. */
const BATCH_SIZE = 5;

export interface CampaignsProps {
  inventory: Inventory;
  codeOf: CodeOf;
  kinds: ReadonlyMap<KindId, KindFunctions>;
  rolloutMachine: Machine;
  topic: Topic;
  deadLetters: Queue;
}

/** The campaign's machine and function, and one schedule per policy that starts it. */
export class Campaigns extends Construct {
  readonly machine: Machine;
  readonly function: BundledFunction;

  constructor(
    scope: Construct,
    id: string,
    { inventory, codeOf, kinds, rolloutMachine, topic, deadLetters }: CampaignsProps,
  ) {
    super(scope, id);
    const place = placeOf(this);
    const { partition, region, account } = place;
    const waitsForHumans = [...kinds.keys()].some((kind) => factsOf(kind).origin === 'brought');
    const parameters = `arn:${partition}:ssm:${region}:${account}:parameter${parameterPath}`;
    this.function = new BundledFunction(this, 'Campaign', {
      functionName: functionNames.campaign,
      codeOf,
      timeoutSeconds: 60,
      environment: { ROLLOUT_MACHINE_ARN: rolloutMachine.arn, ...(waitsForHumans && { TOPIC_ARN: topic.topicArn }) },
      grants: [
        {
          actions: ['ssm:GetParametersByPath'],
          resources: [parameters, `${parameters}/*`],
          why: "Every secret's entry stands under this path, and holds no value of a secret",
        },
        onEntries(place),
        onSecretsOf(
          place,
          [...kinds.keys()],
          ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds', 'secretsmanager:RotateSecret'],
        ),
        ...(waitsForHumans ? waiting(place, [...kinds.keys()], topic) : []),
        // RotateSecret asks its caller for the right to invoke the rotation function:
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
        { actions: ['lambda:InvokeFunction'], resources: [...kinds.values()].map(({ rotate }) => rotate.arn) },
        {
          actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
          resources: [executionArns(place, machineNames.rollout)],
          why: 'Executions of the one machine are named by secret and version, which the policy cannot list',
        },
      ],
    });
    this.machine = new Machine(this, 'CampaignMachine', {
      machineName: machineNames.campaign,
      definition: campaignDefinition({ campaignFunctionArn: this.function.arn, batchSize: BATCH_SIZE }),
      invokes: [this.function.arn],
    });

    const role = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        All: policyOf([
          { actions: ['states:StartExecution'], resources: [this.machine.arn] },
          { actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
        ]),
      },
    });
    for (const [name, policy] of Object.entries(inventory.policies)) {
      this.addSchedule(name, policy, inventory.timeZone, role, deadLetters);
    }
  }

  private addSchedule(name: string, policy: Policy, timeZone: string, role: Role, deadLetters: Queue): void {
    const minutes = policy.flexibleWindowMinutes ?? 0;
    new CfnSchedule(this, `Schedule-${name}`, {
      name: `keyturn-${name}`,
      description: `Starts the campaign of the policy ${name}`,
      scheduleExpression: policy.schedule,
      scheduleExpressionTimezone: policy.timeZone ?? timeZone,
      flexibleTimeWindow: minutes === 0 ? { mode: 'OFF' } : { mode: 'FLEXIBLE', maximumWindowInMinutes: minutes },
      target: {
        arn: this.machine.arn,
        roleArn: role.roleArn,
        // The scheduled time, not the actual one: a delivery that is repeated asks for the same rotations.
        input: JSON.stringify({ policy: name, scheduledTime: '<aws.scheduler.scheduled-time>' }),
        deadLetterConfig: { arn: deadLetters.queueArn },
        // After an hour a human should look: the fallback is the secrets' own rotation rule.
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
      },
    });
  }
}

/** A campaign that finds no value to rotate to notes since when it waits, and tells the operators. */
function waiting(place: AwsPlace, kinds: readonly KindId[], topic: Topic): Grant[] {
  const supplied = kinds.filter((kind) => factsOf(kind).origin === 'brought');
  const tagging = onSecretsOf(place, supplied, ['secretsmanager:TagResource']);
  return [
    { ...tagging, conditions: { ...tagging.conditions, 'ForAllValues:StringEquals': { 'aws:TagKeys': [waitingTag] } } },
    { actions: ['sns:Publish'], resources: [topic.topicArn] },
  ];
}
