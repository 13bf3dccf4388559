import { readFileSync } from 'node:fs';
import path from 'node:path';
import aslValidator from 'asl-validator';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it, vi } from 'vitest';
import { inventory as sample } from '../../bin/inventory.ts';
import { campaignDefinition } from '../../lib/infra/definitions/campaign.ts';
import { rolloutDefinition } from '../../lib/infra/definitions/rollout.ts';
import { runbookLink } from '../../lib/infra/runbook.ts';
import type { Inventory } from '../../lib/inventory/types.ts';
import { changed, wellFormed } from '../inventory/estate.ts';
import { statementsByRole, templateOf } from './synthesize.ts';

// CDK takes seconds, and more on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

const template = templateOf(wellFormed());

describe('a secret', () => {
  it('costs two resources, its schedule and its entry', () => {
    const more = templateOf(withSecret('app/more', {}));
    expect(countsOf(more, template)).toEqual({ 'AWS::SSM::Parameter': 1, 'AWS::SecretsManager::RotationSchedule': 1 });
  });

  it('that exists is taken by its name, and deploying does not rotate it', () => {
    template.hasResource('AWS::SecretsManager::RotationSchedule', {
      Properties: {
        SecretId: 'app/db',
        RotationLambdaARN: { 'Fn::GetAtt': [Match.stringLikeRegexp('Kindpostgres.*Rotate'), 'Arn'] },
        RotateImmediatelyOnUpdate: false,
        RotationRules: { AutomaticallyAfterDays: 35 },
      },
      // Secrets Manager runs testSecret as soon as the schedule is there.
      DependsOn: [Match.stringLikeRegexp('SecretsManager'), Match.stringLikeRegexp('Entry')],
    });
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  it('has its entry as a parameter', () => {
    const [parameter] = Object.values(
      template.findResources('AWS::SSM::Parameter', { Properties: { Name: '/keyturn/secrets/app/db' } }),
    );
    expect(parameter?.['Properties'].Type).toBe('String');
    expect(JSON.parse(parameter?.['Properties'].Value)).toMatchObject({
      secret: 'app/db',
      kind: 'postgres',
      maximumAgeDays: 35,
    });
  });

  it('with create: true is made, outlives the stack and holds no credential', () => {
    const made = templateOf(changed(wellFormed(), ['secrets', 'app/db', 'create'], true));
    made.hasResource('AWS::SecretsManager::Secret', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { Name: 'app/db', SecretString: Match.stringLikeRegexp('"host":"db.internal"') },
    });
    const [secret] = Object.values(made.findResources('AWS::SecretsManager::Secret'));
    expect(JSON.parse(secret?.['Properties'].SecretString)).not.toHaveProperty('password');
    made.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      SecretId: { Ref: Match.stringLikeRegexp('appdb') },
    });
  });

  it('a view with create: true is made, tagged, and outlives the stack', () => {
    const made = templateOf(
      changed(wellFormed(), ['secrets', 'app/db', 'views', 'app/NEW'], { template: '{username}', create: true }),
    );
    made.hasResource('AWS::SecretsManager::Secret', {
      DeletionPolicy: 'Retain',
      Properties: { Name: 'app/NEW', Tags: [{ Key: 'keyturn:view', Value: 'true' }], SecretString: Match.absent() },
    });
  });
});

describe('functions', () => {
  const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);

  it('are one per part: rotate and retire per kind, refresh per consumer type, probe per check, and three of the whole', () => {
    expect(functions.map(({ FunctionName }) => FunctionName).sort()).toEqual([
      'keyturn-campaign',
      'keyturn-probe-http',
      'keyturn-refresh-ecs-service',
      'keyturn-retire-iam-access-key',
      'keyturn-retire-postgres',
      'keyturn-rollout',
      'keyturn-rotate-iam-access-key',
      'keyturn-rotate-postgres',
      'keyturn-watch',
    ]);
  });

  it('run on Node 24 and ARM, each with a log group of its own', () => {
    for (const { Runtime, Architectures, MemorySize, LoggingConfig } of functions) {
      expect({ Runtime, Architectures, MemorySize }).toEqual({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: 512,
      });
      expect(LoggingConfig.LogGroup.Ref).toEqual(expect.stringContaining('Log'));
    }
    expect(new Set(functions.map(({ LoggingConfig }) => LoggingConfig.LogGroup.Ref)).size).toBe(functions.length);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 180 });
  });

  it('get ARNs and names in their environment, and nothing else', () => {
    const variables = functions.flatMap(({ Environment }) => Object.keys(Environment?.Variables ?? {}));
    expect([...new Set(variables)].sort()).toEqual([
      'EVIDENCE_BUCKET',
      'FUNCTIONS',
      'RETIRE_FUNCTION_ARN',
      'ROLLOUT_MACHINE_ARN',
      'TOPIC_ARN',
    ]);
  });

  it('of a kind, consumer type or check that is not in use are not made', () => {
    const { 'app/db': _, ...secrets } = wellFormed().secrets;
    const { api: __, ...consumers } = wellFormed().consumers;
    const keysOnly = templateOf({ ...wellFormed(), secrets, consumers });
    const names = Object.values(keysOnly.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.FunctionName,
    );
    expect(names.filter((name) => name.includes('postgres'))).toEqual([]);
    expect(names).toHaveLength(7);
  });

  it('that rotate are invoked by Secrets Manager of this account only', () => {
    const permissions = Object.values(
      template.findResources('AWS::Lambda::Permission', { Properties: { Principal: 'secretsmanager.amazonaws.com' } }),
    );
    expect(permissions).toHaveLength(2);
    for (const { Properties } of permissions) {
      expect(Properties).toMatchObject({ Action: 'lambda:InvokeFunction', SourceAccount: { Ref: 'AWS::AccountId' } });
    }
  });
});

describe('workflows', () => {
  it.each([
    ['the rollout', rolloutDefinition({ rolloutFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f' })],
    [
      'the campaign',
      campaignDefinition({ campaignFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', batchSize: 5 }),
    ],
  ])('%s is valid Amazon States Language', (_, definition) => {
    const { isValid, errorsText } = aslValidator(definition);
    expect(isValid, errorsText()).toBe(true);
  });

  it('log everything, and may invoke only the functions that they name', () => {
    template.allResourcesProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { Level: 'ALL' },
      TracingConfiguration: { Enabled: true },
    });
    const roleId = Object.keys(statementsByRole(template)).find((id) => id.includes('RolloutMachine')) ?? '';
    const [invoke] = statementsByRole(template)[roleId] ?? [];
    expect(invoke).toMatchObject({ Action: 'lambda:InvokeFunction', Effect: 'Allow' });
    const arns = invoke?.Resource as { 'Fn::GetAtt': [string, string] }[];
    expect(arns.map(({ 'Fn::GetAtt': [id] }) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      'KindiamaccesskeyRetireFunction',
      'KindpostgresRetireFunction',
      'RolloutsProbehttpFunction',
      'RolloutsRefreshecsserviceFunction',
      'RolloutsRolloutFunction',
    ]);
  });

  it('a schedule starts the campaign of its policy in the inventory’s time zone, and what is not delivered is kept', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'keyturn-monthly',
      ScheduleExpression: 'cron(0 3 1 * ? *)',
      ScheduleExpressionTimezone: 'Asia/Singapore',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('CampaignMachine'), 'Arn'] },
        Input: '{"policy":"monthly","scheduledTime":"<aws.scheduler.scheduled-time>"}',
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] } },
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
      },
    });
  });

  it('a policy with a window and a time zone of its own has both', () => {
    const own = { schedule: 'rate(7 days)', maximumAgeDays: 10, flexibleWindowMinutes: 30, timeZone: 'UTC' };
    templateOf(changed(wellFormed(), ['policies', 'weekly'], own)).hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'keyturn-weekly',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 30 },
    });
  });

  it('the watch sees AWSCURRENT move, whoever moved it', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.secretsmanager'],
        'detail-type': ['Secret Label Updated'],
        detail: { labelUpdated: ['AWSCURRENT'] },
      },
      Targets: [{ DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] } } }],
    });
  });
});

describe('what operators hear and auditors read', () => {
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => ({
    id: id.replace(/^Alarms/, '').replace(/[0-9A-F]{8}$/, ''),
    ...Properties,
  }));

  it('has an alarm for each way in which rotation can stop', () => {
    expect(alarms.map(({ id }) => id).sort()).toEqual([
      'CampaignErrors',
      'CampaignFailed',
      'DeadLetters',
      'RolloutStopped',
      'RotationFailingiamaccesskey',
      'RotationFailingpostgres',
      'UnmanagedPromotion',
      'WatchFailing',
    ]);
    for (const { AlarmActions, TreatMissingData } of alarms) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringContaining('Notifications') }]);
      expect(TreatMissingData).toBe('notBreaching');
    }
  });

  it('counts rollouts and campaigns that failed or timed out', () => {
    for (const { Metrics } of alarms.filter(({ id }) => id === 'RolloutStopped' || id === 'CampaignFailed')) {
      const names = Metrics.flatMap(
        (metric: { MetricStat?: { Metric: { MetricName: string } } }) => metric.MetricStat?.Metric.MetricName ?? [],
      );
      expect(names).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut']);
    }
  });

  it('counts the lines in which the watch reports an unmanaged promotion', () => {
    template.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern: '{ $.code = "UnmanagedPromotion" }',
      LogGroupName: { Ref: Match.stringLikeRegexp('PromotionWatch') },
      MetricTransformations: [{ MetricNamespace: 'Keyturn', MetricName: 'UnmanagedPromotion', MetricValue: '1' }],
    });
  });

  it('links from each alarm a heading of the runbook that describes, investigates and resolves', () => {
    const runbook = readFileSync(path.resolve(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    const sections = new Map(
      runbook
        .split(/^## /m)
        .slice(1)
        .map((section) => [section.split('\n')[0] ?? '', section]),
    );
    for (const { AlarmDescription } of alarms) {
      const [heading = '', link] = AlarmDescription.split(/: (?=docs\/)/);
      expect(link).toBe(runbookLink(heading));
      for (const part of ['Description', 'Investigation', 'Resolution']) {
        expect(sections.get(heading), heading).toContain(`### ${part}\n`);
      }
    }
    expect(runbookLink('A rollout held or failed')).toBe('docs/runbook.md#a-rollout-held-or-failed');
  });

  it('lets alarms of this account publish, over TLS only, and mails them where the inventory says', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
    template.resourceCountIs('AWS::SNS::Subscription', 0);
    templateOf(changed(wellFormed(), ['notifyEmail'], 'ops@example.com')).hasResourceProperties(
      'AWS::SNS::Subscription',
      {
        Protocol: 'email',
        Endpoint: 'ops@example.com',
      },
    );
  });

  it('keeps evidence encrypted, versioned, private, behind TLS, and when the stack goes', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    });
  });

  it('takes dead letters over TLS only', () => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });
});

it('the stack of the sample inventory is as it was', () => {
  const whole = templateOf(sample).toJSON();
  // Workflows have tests of their own.
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: object }>(whole['Resources'])) {
    if (Type === 'AWS::StepFunctions::StateMachine') Object.assign(Properties, { DefinitionString: '…' });
  }
  expect(whole).toMatchSnapshot();
});

function withSecret(name: string, change: object): Inventory {
  const inventory = wellFormed();
  const like = inventory.secrets['app/key'];
  return like ? { ...inventory, secrets: { ...inventory.secrets, [name]: { ...like, ...change } } } : inventory;
}

/** How many resources of each type one template has more than another. */
function countsOf(more: typeof template, less: typeof template): Record<string, number> {
  const count = (of: typeof template) => {
    const types = Object.values(of.toJSON()['Resources'] as Record<string, { Type: string }>).map(({ Type }) => Type);
    return Map.groupBy(types, (type) => type);
  };
  const before = count(less);
  return Object.fromEntries(
    [...count(more)]
      .map(([type, all]) => [type, all.length - (before.get(type)?.length ?? 0)] as const)
      .filter(([, extra]) => extra !== 0),
  );
}
