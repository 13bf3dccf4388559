import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { labels } from '../../core/labels.ts';
import type { KindId } from '../../kinds/registry.ts';
import { executionArns, functionNames, machineNames, placeOf } from '../names.ts';
import { onEntries, onSecretsOf } from '../secret-grants.ts';
import { BundledFunction, type CodeOf } from './bundled-function.ts';
import type { Machine } from './machine.ts';

export interface PromotionWatchProps {
  codeOf: CodeOf;
  kinds: readonly KindId[];
  rolloutMachine: Machine;
  topic: Topic;
  deadLetters: Queue;
}

/**
 * Sees every move of AWSCURRENT, by whomever, and tells the operators of those that Keyturn did not make. It changes nothing.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html
 */
export class PromotionWatch extends Construct {
  readonly function: BundledFunction;

  constructor(
    scope: Construct,
    id: string,
    { codeOf, kinds, rolloutMachine, topic, deadLetters }: PromotionWatchProps,
  ) {
    super(scope, id);
    const place = placeOf(this);
    this.function = new BundledFunction(this, 'Watch', {
      functionName: functionNames.watch,
      codeOf,
      timeoutSeconds: 60,
      environment: { ROLLOUT_MACHINE_ARN: rolloutMachine.arn, TOPIC_ARN: topic.topicArn },
      grants: [
        onSecretsOf(place, kinds, ['secretsmanager:DescribeSecret']),
        onEntries(place),
        {
          actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
          resources: [executionArns(place, machineNames.rollout)],
          why: 'Executions of the one machine are named by secret and version, which the policy cannot list',
        },
        { actions: ['sns:Publish'], resources: [topic.topicArn] },
      ],
    });
    new Rule(this, 'SecretLabelUpdated', {
      description: 'AWSCURRENT of a secret moved',
      eventPattern: {
        source: ['aws.secretsmanager'],
        detailType: ['Secret Label Updated'],
        detail: { labelUpdated: [labels.current] },
      },
      targets: [
        new LambdaFunction(this.function.function, {
          deadLetterQueue: deadLetters,
          maxEventAge: Duration.hours(1),
          retryAttempts: 10,
        }),
      ],
    });
  }
}
