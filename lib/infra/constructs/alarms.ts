import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ErrorCode } from '../../core/errors.ts';
import type { KindId } from '../../kinds/registry.ts';
import { alarmNames, runbookLink } from '../runbook.ts';
import type { Campaigns } from './campaigns.ts';
import type { KindFunctions } from './kind-functions.ts';
import type { Machine } from './machine.ts';
import type { PromotionWatch } from './promotion-watch.ts';

const period = Duration.minutes(5);

export interface AlarmsProps {
  topic: Topic;
  kinds: ReadonlyMap<KindId, KindFunctions>;
  rolloutMachine: Machine;
  campaigns: Campaigns;
  watch: PromotionWatch;
  deadLetters: Queue;
}

/** One alarm per way in which rotation can stop; each links its heading in the runbook. */
export class Alarms extends Construct {
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    for (const [kind, { rotate }] of props.kinds) {
      this.#add(`RotationFailing-${kind}`, alarmNames.rotationFailing, rotate.function.metricErrors({ period }));
    }
    this.#add('RolloutStopped', alarmNames.rolloutStopped, stopped(props.rolloutMachine));
    this.#add('CampaignFailed', alarmNames.campaignFailed, stopped(props.campaigns.machine));
    this.#add('CampaignErrors', alarmNames.campaignFailed, props.campaigns.function.function.metricErrors({ period }));
    this.#add('UnmanagedPromotion', alarmNames.unmanagedPromotion, unmanagedPromotions(this, props.watch));
    this.#add('WatchFailing', alarmNames.watchFailing, props.watch.function.function.metricErrors({ period }));
    this.#add(
      'DeadLetters',
      alarmNames.deadLetters,
      props.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    );
  }

  #add(id: string, heading: string, metric: IMetric): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${heading}: ${runbookLink(heading)}`,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
  }
}

/** A hold ends as FAILED. Aborted ones are not counted: those an operator stopped. */
function stopped({ arn }: Machine): IMetric {
  const count = (metricName: string) =>
    new Metric({
      namespace: 'AWS/States',
      metricName,
      dimensionsMap: { StateMachineArn: arn },
      statistic: 'Sum',
      period,
    });
  return new MathExpression({
    expression: 'FILL(failed, 0) + FILL(timedOut, 0)',
    label: 'Failed or timed out',
    usingMetrics: { failed: count('ExecutionsFailed'), timedOut: count('ExecutionsTimedOut') },
    period,
  });
}

/** The watch logs a line with the field `code`. */
function unmanagedPromotions(scope: Construct, watch: PromotionWatch): IMetric {
  const code: ErrorCode = 'UnmanagedPromotion';
  const filter = new MetricFilter(scope, 'UnmanagedPromotions', {
    logGroup: watch.function.logGroup,
    filterPattern: FilterPattern.stringValue('$.code', '=', code),
    metricNamespace: 'Keyturn',
    metricName: code,
    metricValue: '1',
  });
  return filter.metric({ statistic: 'Sum', period });
}
