import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Events, registerEvents } from '../../../lib/simulator/events/events.ts';
import { type Lambda, registerLambda } from '../../../lib/simulator/lambda/lambda.ts';
import { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import { Sns } from '../../../lib/simulator/services/sns/sns.ts';
import { registerStates, type States } from '../../../lib/simulator/states/states.ts';
import { createWorld, type SimulatedWorld } from '../../../lib/simulator/world.ts';
import { definitionOf, folderFor } from '../lambda/function-folder.ts';
import { machine } from '../states/machines.ts';
import { eventually, policy, trusting } from '../support/actors.ts';

let world: SimulatedWorld;
let events: Events;
let lambda: Lambda;
let states: States;

beforeAll(async () => {
  world = createWorld({ region: 'eu-central-1' });
  for (const service of [new Iam(world), new Sns(world)]) world.register(service);
  lambda = registerLambda(world);
  states = registerStates(world);
  events = registerEvents(world);
  await world.listen();
});
afterAll(() => world.close());

async function watcher(name: string) {
  const role = await world
    .service<Iam>('iam')
    .createRole({ roleName: name, trustPolicy: trusting('lambda.amazonaws.com') });
  const codeFolder = await folderFor('export const handler = async (event) => console.log(JSON.stringify(event));');
  const definition = definitionOf(name, { codeFolder, roleArn: role.arn });
  lambda.create(definition);
  return definition.arn;
}

function label(name: string) {
  const detail = { name, labelUpdated: 'AWSCURRENT', versionId: 'v' };
  world.emit({ source: 'aws.secretsmanager', 'detail-type': 'Secret Label Updated', resources: ['arn:s'], detail });
}

function rule(name: string, secretName: string, target: Parameters<Events['putRule']>[0]['targets'][number]) {
  const pattern = { source: ['aws.secretsmanager'], detail: { name: [secretName] } };
  return events.putRule({ name, pattern, enabled: true, targets: [target] });
}

describe('a rule (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html)', () => {
  it('invokes a function with the whole event, when the function lets this rule do so', async () => {
    const arn = await watcher('watch');
    const ruleArn = rule('moved', 'db/app', { id: 'one', arn });
    lambda.addPermission('watch', {
      statementId: 'rule',
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: ruleArn,
    });
    label('db/app');
    label('db/other');
    await eventually(() => expect(lambda.logs('watch')).not.toBe(''));
    const lines = lambda.logs('watch').trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Secret Label Updated',
      source: 'aws.secretsmanager',
      account: '123456789012',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'eu-central-1',
      resources: ['arn:s'],
      detail: { name: 'db/app', labelUpdated: 'AWSCURRENT', versionId: 'v' },
    });
  });

  it('delivers nothing to a function whose policy names another rule, and the event is not lost unseen', async () => {
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    const arn = await watcher('closed');
    lambda.addPermission('closed', {
      statementId: 'rule',
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: 'arn:aws:events:eu-central-1:123456789012:rule/other',
    });
    rule('refused', 'db/refused', { id: 'one', arn, deadLetterArn: 'arn:aws:sqs:eu-central-1:123456789012:dead' });
    label('db/refused');
    const lost = () => events.undelivered.filter(({ targetArn }) => targetArn === arn);
    await eventually(() => expect(lost()).toHaveLength(1));
    expect(lost()[0]).toMatchObject({
      errorCode: 'AccessDeniedException',
      deadLetterArn: 'arn:aws:sqs:eu-central-1:123456789012:dead',
      event: { detail: { name: 'db/refused' } },
    });
    expect(lambda.logs('closed')).toBe('');
  });

  it('starts a state machine as the target’s role', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/none';
    const started = states.create({
      name: 'started',
      roleArn,
      definition: JSON.stringify(machine({ Done: { Type: 'Succeed' } })),
    });
    const { arn: target } = await world.service<Iam>('iam').createRole({
      roleName: 'starter',
      trustPolicy: trusting('events.amazonaws.com'),
      policies: { inline: policy({ Action: 'states:StartExecution', Resource: started.arn }) },
    });
    rule('start', 'db/start', { id: 'one', arn: started.arn, roleArn: target, input: '{"only":"this"}' });
    label('db/start');
    await eventually(() => expect(states.executionsOf(started.arn)).toHaveLength(1));
    expect(states.executionsOf(started.arn)[0]?.input).toBe('{"only":"this"}');
  });

  it('publishes to a topic that lets EventBridge do so', async () => {
    const sns = world.service<Sns>('sns');
    const arn = sns.createTopic('told', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish', Resource: '*' },
      ],
    });
    rule('publish', 'db/told', { id: 'one', arn });
    label('db/told');
    await eventually(() => expect(sns.messages.map(({ topicArn }) => topicArn)).toContain(arn));
  });

  it('that is disabled does nothing', async () => {
    const pattern = { source: ['aws.secretsmanager'] };
    const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:never';
    events.putRule({ name: 'off', pattern, enabled: false, targets: [{ id: 'one', arn }] });
    events.putRule({ name: 'on', pattern, enabled: true, targets: [{ id: 'one', arn: `${arn}2` }] });
    label('db/off');
    await eventually(() => expect(events.undelivered.map(({ targetArn }) => targetArn)).toContain(`${arn}2`));
    expect(events.undelivered.map(({ targetArn }) => targetArn)).not.toContain(arn);
  });
});
