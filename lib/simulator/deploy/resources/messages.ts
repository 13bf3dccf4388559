import type { Events, Target } from '../../events/events.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { Sns } from '../../services/sns/sns.ts';
import { generatedName, type Make, type Properties, refuse, type Surroundings } from '../resource.ts';

const makeTopic: Make = async (properties, around) => {
  refuse(properties, 'FifoTopic', 'DeliveryStatusLogging');
  const name = properties['TopicName'] ?? generatedName(around, 256);
  const arn = snsOf(around).createTopic(name);
  for (const { Protocol, Endpoint } of (properties['Subscription'] ?? []) as Properties[]) {
    await subscribe(around, { TopicArn: arn, Protocol, Endpoint });
  }
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
};

const makeTopicPolicy: Make = (properties, around) => {
  for (const topic of properties['Topics'] as string[])
    snsOf(around).setTopicPolicy(topic, properties['PolicyDocument']);
  return { ref: generatedName(around), attributes: {} };
};

const makeSubscription: Make = async (properties, around) => {
  refuse(properties, 'FilterPolicy', 'Region');
  const { TopicArn, Protocol, Endpoint } = properties;
  return { ref: await subscribe(around, { TopicArn, Protocol, Endpoint }) };
};

async function subscribe({ world }: Surroundings, input: Properties): Promise<string> {
  const output = await world.perform(world.identities.rootPrincipal, 'sns', 'Subscribe', input);
  return (output as { SubscriptionArn: string }).SubscriptionArn;
}

const makeSchedule: Make = (properties, around) => {
  const name = properties['Name'] ?? generatedName(around);
  const arn = around.world.service<Scheduler>('scheduler').create({
    ...(properties as { ScheduleExpression: string; Target: { Arn: string; RoleArn: string } }),
    FlexibleTimeWindow: numbers(properties['FlexibleTimeWindow'], 'MaximumWindowInMinutes') as { Mode: string },
    Name: name,
  });
  return { ref: name, attributes: { Arn: arn } };
};

/** Templates may write numbers as texts. */
function numbers(properties: Properties, name: string): Properties {
  return properties[name] === undefined ? properties : { ...properties, [name]: Number(properties[name]) };
}

const makeScheduleGroup: Make = (properties, around) => {
  const name = properties['Name'] ?? generatedName(around);
  return { ref: name, attributes: { Arn: around.arn('scheduler', `schedule-group/${name}`), State: 'ACTIVE' } };
};

const makeRule: Make = (properties, around) => {
  refuse(properties, 'ScheduleExpression', 'EventBusName', 'RoleArn');
  const { EventPattern: pattern, State = 'ENABLED', Targets = [] } = properties;
  const name = properties['Name'] ?? generatedName(around);
  const targets = (Targets as Properties[]).map(targetOf);
  const arn = around.world.service<Events>('events').putRule({ name, pattern, enabled: State === 'ENABLED', targets });
  return { ref: name, attributes: { Arn: arn } };
};

function targetOf(target: Properties): Target {
  refuse(target, 'InputPath', 'InputTransformer', 'EcsParameters', 'SqsParameters', 'HttpParameters');
  const { Id: id, Arn: arn, RoleArn: roleArn, Input: input, DeadLetterConfig } = target;
  return {
    id,
    arn,
    ...(roleArn !== undefined && { roleArn }),
    ...(input !== undefined && { input }),
    ...(DeadLetterConfig?.Arn !== undefined && { deadLetterArn: DeadLetterConfig.Arn }),
  };
}

function snsOf({ world }: Surroundings): Sns {
  return world.service<Sns>('sns');
}

export const messageResources: Readonly<Record<string, Make>> = {
  'AWS::Events::Rule': makeRule,
  'AWS::Scheduler::Schedule': makeSchedule,
  'AWS::Scheduler::ScheduleGroup': makeScheduleGroup,
  'AWS::SNS::Subscription': makeSubscription,
  'AWS::SNS::Topic': makeTopic,
  'AWS::SNS::TopicPolicy': makeTopicPolicy,
};
