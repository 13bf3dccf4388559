import {
  CreateTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { Sns } from '../../lib/simulator/services/sns/sns.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { servicePrincipal } from '../../lib/simulator/world.ts';
import { clientConfig, roleSession } from './support/actors.ts';

let world: SimulatedWorld;
let client: SNSClient;
beforeEach(async () => {
  world = await startSimulator();
  client = new SNSClient(clientConfig(world));
});
afterEach(() => world.close());

describe('topics (https://docs.aws.amazon.com/sns/latest/api/)', () => {
  it('are made once, however often they are created, and listed (API_CreateTopic)', async () => {
    const first = await client.send(new CreateTopicCommand({ Name: 'alarms' }));
    const again = await client.send(new CreateTopicCommand({ Name: 'alarms' }));
    expect(again.TopicArn).toBe(first.TopicArn);
    expect((await client.send(new ListTopicsCommand({}))).Topics).toEqual([
      { TopicArn: 'arn:aws:sns:us-east-1:123456789012:alarms' },
    ]);
  });

  it('keep what is published, attributes included', async () => {
    const { TopicArn } = await client.send(new CreateTopicCommand({ Name: 'alarms' }));
    await client.send(
      new PublishCommand({
        TopicArn,
        Subject: 'held',
        Message: 'a & b < c',
        MessageAttributes: { code: { DataType: 'String', StringValue: 'Held' } },
      }),
    );
    expect(world.service<Sns>('sns').messages).toMatchObject([
      {
        topicArn: TopicArn,
        subject: 'held',
        message: 'a & b < c',
        attributes: { code: { DataType: 'String', StringValue: 'Held' } },
      },
    ]);
  });

  it('that are missing answer NotFound, an empty message InvalidParameter (API_Publish)', async () => {
    const TopicArn = 'arn:aws:sns:us-east-1:123456789012:nowhere';
    await expect(client.send(new PublishCommand({ TopicArn, Message: 'x' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    const made = await client.send(new CreateTopicCommand({ Name: 'alarms' }));
    await expect(client.send(new PublishCommand({ TopicArn: made.TopicArn, Message: '' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('an e-mail subscription waits for its confirmation (API_Subscribe)', async () => {
    const { TopicArn } = await client.send(new CreateTopicCommand({ Name: 'alarms' }));
    const answer = await client.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@example.com' }));
    expect(answer.SubscriptionArn).toBe('pending confirmation');
  });

  it('refuse who may not publish with AuthorizationError, a service without a topic policy too', async () => {
    const topicArn = world.service<Sns>('sns').createTopic('alarms');
    const { credentials } = await roleSession(world, 'stranger', { Action: 'sns:ListTopics', Resource: '*' });
    const stranger = new SNSClient(clientConfig(world, credentials));
    await stranger.send(new ListTopicsCommand({}));
    await expect(stranger.send(new PublishCommand({ TopicArn: topicArn, Message: 'x' }))).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
    });
    const alarm = servicePrincipal(
      world,
      'cloudwatch.amazonaws.com',
      'arn:aws:cloudwatch:us-east-1:123456789012:alarm:a',
    );
    const publish = () => world.perform(alarm, 'sns', 'Publish', { TopicArn: topicArn, Message: 'x' });
    await expect(publish()).rejects.toMatchObject({ code: 'AuthorizationError' });
    world.service<Sns>('sns').setTopicPolicy(topicArn, {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: topicArn,
          Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
        },
      ],
    });
    await publish();
  });
});
