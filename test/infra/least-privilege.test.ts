import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it, vi } from 'vitest';
import type { Inventory } from '../../lib/inventory/types.ts';
import { changed, wellFormed } from '../inventory/estate.ts';
import { actionsOf, type PolicyStatement, statementsByRole, statementsOf, templateOf } from './synthesize.ts';

// CDK takes seconds, and more on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

const template = templateOf(wellFormed());
const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'];

const rotateArn = (kind: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      ':lambda:',
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      `:function:keyturn-rotate-${kind}`,
    ],
  ],
});

describe('what a function may do', () => {
  it.each([
    {
      name: 'keyturn-rotate-postgres',
      may: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
        'ssm:GetParameter',
        'states:DescribeExecution',
        'states:StartExecution',
      ],
    },
    {
      name: 'keyturn-retire-postgres',
      may: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:ListSecretVersionIds',
        'ssm:GetParameter',
      ],
    },
    {
      name: 'keyturn-rotate-iam-access-key',
      may: [
        'iam:CreateAccessKey',
        'iam:GetAccessKeyLastUsed',
        'iam:ListAccessKeys',
        'lambda:InvokeFunction',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:ListSecretVersionIds',
        'secretsmanager:PutSecretValue',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecretVersionStage',
        'ssm:GetParameter',
        'states:DescribeExecution',
        'states:StartExecution',
      ],
    },
    {
      name: 'keyturn-rollout',
      may: [
        's3:PutObject',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:ListSecretVersionIds',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
        'sns:Publish',
        'ssm:GetParameter',
      ],
    },
    { name: 'keyturn-probe-http', may: [] },
    {
      name: 'keyturn-campaign',
      may: [
        'lambda:InvokeFunction',
        'secretsmanager:DescribeSecret',
        'secretsmanager:ListSecretVersionIds',
        'secretsmanager:RotateSecret',
        'ssm:GetParameter',
        'ssm:GetParametersByPath',
        'states:DescribeExecution',
        'states:GetExecutionHistory',
      ],
    },
    {
      name: 'keyturn-watch',
      may: [
        'secretsmanager:DescribeSecret',
        'sns:Publish',
        'ssm:GetParameter',
        'states:DescribeExecution',
        'states:GetExecutionHistory',
      ],
    },
  ])('$name: exactly this', ({ name, may }) => {
    expect(actionsOf(template, name)).toEqual([...logs, ...may].sort());
  });

  it('a key is deleted and made inactive only by what retires, which cannot promote, put or make one', () => {
    const actions = actionsOf(template, 'keyturn-retire-iam-access-key');
    expect(actions).toEqual(expect.arrayContaining(['iam:DeleteAccessKey', 'iam:UpdateAccessKey']));
    expect(actions).not.toContain('iam:CreateAccessKey');
    for (const write of ['PutSecretValue', 'UpdateSecretVersionStage', 'UpdateSecret', 'RotateSecret', 'TagResource']) {
      expect(actions).not.toContain(`secretsmanager:${write}`);
    }
  });

  it('an ElastiCache user’s list of passwords is stated by both functions: of tagged users, and of passwords alone', () => {
    const target = { userId: 'app', host: 'cache.internal', adminSecret: 'app/observer' };
    const cache = { kind: 'elasticache-user', policy: 'monthly', target, waves: [['api']] };
    const withCache = templateOf(changed(wellFormed(), ['secrets', 'app/cache'], cache));
    for (const name of ['keyturn-rotate-elasticache-user', 'keyturn-retire-elasticache-user']) {
      const ofUsers = statementsOf(withCache, name).filter(({ Action }) =>
        [Action].flat().some((action) => action.startsWith('elasticache:')),
      );
      const managed = { 'aws:ResourceTag/keyturn:managed': 'true' };
      expect(ofUsers).toMatchObject([
        { Action: 'elasticache:DescribeUsers', Condition: { StringEquals: managed } },
        {
          Action: 'elasticache:ModifyUser',
          Condition: { StringEquals: { ...managed, 'elasticache:UserAuthenticationMode': 'password' } },
        },
      ]);
      for (const { Resource } of ofUsers) expect(JSON.stringify(Resource)).toMatch(/:elasticache:.*:user:\*/);
    }
    const retire = actionsOf(withCache, 'keyturn-retire-elasticache-user');
    for (const write of ['PutSecretValue', 'UpdateSecretVersionStage'])
      expect(retire).not.toContain(`secretsmanager:${write}`);
  });

  it('of values that a human brings: nothing is minted or discarded, and a campaign may note since when it waits, and tell', () => {
    const supplied = {
      kind: 'supplied' as const,
      policy: 'monthly',
      target: { provider: 'anthropic', noLastUse: 'the worker alone uses it' },
      waves: [['worker']],
    };
    const there = templateOf(changed(wellFormed(), ['secrets', 'app/anthropic'], supplied));
    expect(actionsOf(there, 'keyturn-rotate-supplied')).toEqual(actionsOf(there, 'keyturn-rotate-postgres'));
    expect(actionsOf(there, 'keyturn-retire-supplied')).toEqual(actionsOf(there, 'keyturn-retire-postgres'));
    const more = actionsOf(there, 'keyturn-campaign').filter(
      (action) => !actionsOf(template, 'keyturn-campaign').includes(action),
    );
    expect(more).toEqual(['secretsmanager:TagResource', 'sns:Publish']);
    const tagging = statementsOf(there, 'keyturn-campaign').find(
      ({ Action }) => Action === 'secretsmanager:TagResource',
    );
    expect(tagging?.Condition).toEqual({
      StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': [rotateArn('supplied')] },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['keyturn:waiting-since'] },
    });
  });

  it('a consumer function has its services and no secret', () => {
    const actions = actionsOf(template, 'keyturn-refresh-ecs-service');
    expect(actions).toContain('ecs:UpdateService');
    expect(actions.filter((action) => !action.startsWith('ecs:') && !action.startsWith('logs:'))).toEqual([]);
  });

  it.each(['keyturn-rotate-postgres', 'keyturn-retire-postgres'])('%s reaches secrets of its own kind only', (name) => {
    const ofSecrets = statementsOf(template, name).filter(
      (statement) => usesSecrets(statement) && !isAdminSecret(statement),
    );
    expect(ofSecrets.length).toBeGreaterThan(0);
    for (const { Condition } of ofSecrets) {
      expect(Condition).toEqual({
        StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': [rotateArn('postgres')] },
      });
    }
  });

  it('only the admin secrets that the inventory names are read without that condition', () => {
    const admin = statementsOf(template, 'keyturn-rotate-postgres').filter(isAdminSecret);
    expect(admin).toEqual([
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: {
          'Fn::Join': [
            '',
            [
              'arn:',
              { Ref: 'AWS::Partition' },
              ':secretsmanager:',
              { Ref: 'AWS::Region' },
              ':',
              { Ref: 'AWS::AccountId' },
              ':secret:app/db-admin-??????',
            ],
          ],
        },
      },
    ]);
    expect(statementsOf(template, 'keyturn-rotate-iam-access-key').filter(isAdminSecret)).toEqual([]);
  });

  it('an admin secret by ARN is taken as it is', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-admin-AbCdEf';
    const byArn = templateOf(changed(wellFormed(), ['secrets', 'app/db', 'target', 'adminSecret'], arn));
    expect(statementsOf(byArn, 'keyturn-rotate-postgres').filter(isAdminSecret)).toMatchObject([{ Resource: arn }]);
  });

  it('the logins at poolers are read, and their lists rewritten, both by name; nothing else is', () => {
    const pooled = templateOf(
      changed(
        wellFormed(),
        ['secrets', 'app/db', 'target', 'poolers'],
        [
          {
            host: 'pooler.internal',
            tls: { plaintext: 'inside one host, by loopback' },
            consoleSecret: 'app/pooler-console',
            auth: { userlist: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/pooler-users-AbCdEf' },
          },
        ],
      ),
    );
    for (const name of ['keyturn-rotate-postgres', 'keyturn-retire-postgres']) {
      const [admins, kept] = statementsOf(pooled, name).filter(isAdminSecret);
      expect(admins?.Action).toBe('secretsmanager:GetSecretValue');
      expect(JSON.stringify(admins?.Resource)).toMatch(/app\/db-admin-\?{6}.*app\/pooler-console-\?{6}/);
      expect(kept).toEqual({
        Effect: 'Allow',
        Action: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        Resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/pooler-users-AbCdEf',
      });
    }
  });

  it('the intent tag is the only tag that a rotation may write', () => {
    const tagging = statementsOf(template, 'keyturn-rotate-iam-access-key').filter(({ Action }) =>
      [Action].flat().includes('secretsmanager:TagResource'),
    );
    expect(tagging).toMatchObject([
      { Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['keyturn:intent'] } } },
    ]);
  });

  it('no function may declare an emergency: none writes the tag that an operator writes', () => {
    const tagging = Object.values(statementsByRole(template))
      .flat()
      .filter(({ Action }) => [Action].flat().includes('secretsmanager:TagResource'));
    expect(tagging.length).toBeGreaterThan(0);
    for (const { Condition } of tagging)
      expect(Condition).toMatchObject({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['keyturn:intent'] } });
  });

  it('the rollout writes values only into views', () => {
    const puts = statementsOf(template, 'keyturn-rollout').filter(({ Action }) =>
      [Action].flat().includes('secretsmanager:PutSecretValue'),
    );
    expect(puts).toMatchObject([{ Condition: { StringEquals: { 'aws:ResourceTag/keyturn:view': 'true' } } }]);
  });

  it('keys of secrets are used only when they are given, and only by way of Secrets Manager', () => {
    expect(actionsOf(template, 'keyturn-rotate-postgres').filter((action) => action.startsWith('kms:'))).toEqual([]);
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234';
    const keyed = templateOf(changed(wellFormed(), ['encryptionKeyArns'], [key]));
    const statement = (name: string) =>
      statementsOf(keyed, name).filter(({ Action }) => [Action].flat().some((action) => action.startsWith('kms:')));
    expect(statement('keyturn-rotate-postgres')).toMatchObject([
      {
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: key,
        Condition: { StringEquals: { 'kms:ViaService': expect.anything() } },
      },
    ]);
    expect(statement('keyturn-retire-postgres')).toMatchObject([{ Action: 'kms:Decrypt' }]);
    expect(statement('keyturn-watch')).toEqual([]);
  });

  it('each writes its own log group', () => {
    for (const statements of Object.values(statementsByRole(template))) {
      for (const { Action, Resource } of statements) {
        if ([Action].flat().includes('logs:PutLogEvents'))
          expect(Resource).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/Log/), 'Arn'] });
      }
    }
  });

  it('uses inline policies alone, and no wildcard of an action', () => {
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
    for (const [id, statements] of Object.entries(statementsByRole(template))) {
      expect(
        statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*')),
        id,
      ).toEqual([]);
    }
    for (const role of Object.values(template.findResources('AWS::IAM::Role')))
      expect(role['Properties'].ManagedPolicyArns).toBeUndefined();
  });

  it('no policy grows with the number of secrets', () => {
    const one = Template.fromJSON(templateOf(estateOf(1)).toJSON());
    const twenty = Template.fromJSON(templateOf(estateOf(20)).toJSON());
    expect(statementsByRole(twenty)).toEqual(statementsByRole(one));
  });

  it('a function in a network gets interfaces made, and is itself denied to make any', () => {
    const network = { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] };
    const networked = templateOf(changed(wellFormed(), ['networks'], { postgres: network }));
    networked.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'keyturn-rotate-postgres',
      VpcConfig: { SubnetIds: ['subnet-0123456789abcdef0'], SecurityGroupIds: ['sg-0123456789abcdef0'] },
    });
    const ofNetwork = statementsOf(networked, 'keyturn-rotate-postgres').filter(({ Action }) =>
      [Action].flat().includes('ec2:CreateNetworkInterface'),
    );
    expect(ofNetwork).toMatchObject([
      { Effect: 'Allow', Resource: '*' },
      {
        Effect: 'Deny',
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': rotateArn('postgres') } },
      },
    ]);
    expect(actionsOf(networked, 'keyturn-watch').filter((action) => action.startsWith('ec2:'))).toEqual([]);
  });
});

function usesSecrets({ Action }: PolicyStatement): boolean {
  return [Action].flat().some((action) => action.startsWith('secretsmanager:'));
}

function isAdminSecret(statement: PolicyStatement): boolean {
  return usesSecrets(statement) && statement.Condition === undefined;
}

/** So many secrets of each kind, at one target server. */
function estateOf(count: number): Inventory {
  const { 'app/db': db, 'app/key': key, ...rest } = wellFormed().secrets;
  const secrets = { ...rest };
  for (let n = 0; n < count; n += 1) {
    if (db && key) Object.assign(secrets, { [`db-${n}`]: { ...db, views: {} }, [`key-${n}`]: key });
  }
  return { ...wellFormed(), secrets };
}
