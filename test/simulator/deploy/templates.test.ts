import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Template } from '../../../lib/simulator/deploy/assembly.ts';
import { type DeployOptions, deployAssembly } from '../../../lib/simulator/deploy/deploy.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { Ssm } from '../../../lib/simulator/services/ssm/ssm.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';
import { assembly } from './assemblies.ts';

let world: SimulatedWorld;
beforeEach(async () => {
  world = await startSimulator({ region: 'eu-central-1' });
});
afterEach(() => world.close());

function parameter(value: unknown, more: object = {}) {
  return { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Name: '/p', Value: value }, ...more };
}

async function deployedValue(value: unknown, template: Template = {}, options: DeployOptions = {}): Promise<string> {
  await deployAssembly(
    world,
    assembly({ Stack: { ...template, Resources: { ...template.Resources, P: parameter(value) } } }),
    options,
  );
  return world.service<Ssm>('ssm').get('/p');
}

const topic = { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'told' } } };

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
describe('intrinsic functions', () => {
  it.each<[string, unknown, string]>([
    ['Ref of a resource', { Ref: 'Topic' }, 'arn:aws:sns:eu-central-1:123456789012:told'],
    ['Ref of a parameter', { Ref: 'Given' }, 'default'],
    ['a list parameter', { 'Fn::Select': [1, { Ref: 'Many' }] }, 'b'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Topic', 'TopicName'] }, 'told'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Topic.TopicName' }, 'told'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, { Ref: 'AWS::NoValue' }]] }, 'a-eu-central-1'],
    ['Fn::Split and Fn::Select', { 'Fn::Select': ['2', { 'Fn::Split': [':', { Ref: 'Topic' }] }] }, 'sns'],
    [
      'Fn::Sub',
      { 'Fn::Sub': ['${AWS::Partition} ${Topic.TopicName} ${Own} ${!Literal}', { Own: { Ref: 'Given' } }] },
      'aws told default ${Literal}',
    ],
    [
      'pseudo parameters',
      { 'Fn::Sub': '${AWS::AccountId} ${AWS::StackName} ${AWS::URLSuffix}' },
      '123456789012 Stack amazonaws.com',
    ],
    ['Fn::If', { 'Fn::If': ['Both', 'yes', 'no'] }, 'yes'],
    ['Fn::If of Fn::Not', { 'Fn::If': ['Neither', 'yes', 'no'] }, 'no'],
    ['Fn::Base64', { 'Fn::Base64': 'x' }, 'eA=='],
  ])('%s', async (_name, value, expected) => {
    const template: Template = {
      Parameters: {
        Given: { Type: 'String', Default: 'default' },
        Many: { Type: 'CommaDelimitedList', Default: 'a, b' },
      },
      Conditions: {
        Same: { 'Fn::Equals': [{ Ref: 'Given' }, 'default'] },
        Both: {
          'Fn::And': [{ Condition: 'Same' }, { 'Fn::Or': [{ 'Fn::Equals': ['a', 'b'] }, { Condition: 'Same' }] }],
        },
        Neither: { 'Fn::Not': [{ Condition: 'Same' }] },
      },
      Resources: topic,
    };
    expect(await deployedValue(value, template)).toBe(expected);
  });

  it('take the values of parameters that are given', async () => {
    expect(
      await deployedValue(
        { Ref: 'Given' },
        { Parameters: { Given: { Type: 'String' } } },
        { parameters: { Given: 'x' } },
      ),
    ).toBe('x');
  });

  it('read parameters of Parameter Store by their name', async () => {
    world.service<Ssm>('ssm').put('/there', 'stored');
    const Parameters = { There: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/there' } };
    expect(await deployedValue({ Ref: 'There' }, { Parameters })).toBe('stored');
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a dynamic reference',
      '{{resolve:secretsmanager:db:SecretString:password}}',
      /Dynamic references .* are not simulated/,
    ],
    ['one that Fn::Sub puts together', { 'Fn::Sub': '{{resolve:ssm:${AWS::Region}}}' }, /Dynamic references/],
    ['a function that is not known', { 'Fn::Cidr': ['10.0.0.0/16', 1, 1] }, /Fn::Cidr is not simulated/],
    ['a resource that is not there', { Ref: 'Nobody' }, /P refers to Nobody, which is not there/],
    ['an attribute that is not simulated', { 'Fn::GetAtt': ['Topic', 'Odd'] }, /Topic has no simulated attribute Odd/],
    ['a parameter without a value', { Ref: 'Missing' }, /Parameters: \[Missing\] must have values/],
    ['an item that is not there', { 'Fn::Select': [3, ['a']] }, /there is no item 3/],
  ])('%s is refused', async (_name, value, message) => {
    await expect(
      deployedValue(value, { Resources: topic, Parameters: { Missing: { Type: 'String' } } }),
    ).rejects.toThrow(message);
  });
});

describe('a template', () => {
  it('with a type that is not simulated is refused before anything is made, and all such types are named', async () => {
    const Resources = { P: parameter('x'), V: { Type: 'AWS::EC2::VPC' }, C: { Type: 'Custom::Thing' } };
    await expect(deployAssembly(world, assembly({ Stack: { Resources } }))).rejects.toThrow(
      'Stack Stack: resources of these types are not simulated: AWS::EC2::VPC, Custom::Thing',
    );
    expect(() => world.service<Ssm>('ssm').get('/p')).toThrow();
  });

  it('is deployed in the order of its references, whatever the order in the text', async () => {
    const made: string[] = [];
    const ssm = world.service<Ssm>('ssm');
    const put = ssm.put.bind(ssm);
    ssm.put = (name, ...rest) => {
      made.push(name);
      put(name, ...rest);
    };
    const named = (Name: string, Value: unknown, more: object = {}) => ({
      Type: 'AWS::SSM::Parameter',
      Properties: { Type: 'String', Name, Value },
      ...more,
    });
    const Resources = {
      Third: named('/third', 'x', { DependsOn: 'Second' }),
      Second: named('/second', { 'Fn::Sub': '${First.Value}!' }),
      First: named('/first', 'x'),
    };
    await deployAssembly(world, assembly({ Stack: { Resources } }));
    expect(made).toEqual(['/first', '/second', '/third']);
  });

  it('whose resources refer to each other in a circle is refused', async () => {
    const Resources = { A: parameter({ Ref: 'B' }), B: parameter({ Ref: 'A' }) };
    await expect(deployAssembly(world, assembly({ Stack: { Resources } }))).rejects.toThrow(
      'Circular dependency between resources: A → B → A',
    );
  });

  it('leaves out resources and outputs whose condition is false', async () => {
    const template: Template = {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { P: parameter('x', { Condition: 'Never' }), Q: { Type: 'AWS::SNS::Topic', DependsOn: 'P' } },
      Outputs: { No: { Value: 'x', Condition: 'Never' }, Yes: { Value: { Ref: 'AWS::Region' } } },
    };
    const { Stack } = await deployAssembly(world, assembly({ Stack: template }));
    expect(Object.keys(Stack?.resources ?? {})).toEqual(['Q']);
    expect(Stack?.outputs).toEqual({ Yes: 'eu-central-1' });
  });

  it('names the stack and the resource that could not be made, and keeps the cause', async () => {
    const Resources = { R: { Type: 'AWS::SecretsManager::RotationSchedule', Properties: { SecretId: 'nobody' } } };
    const failure = await deployAssembly(world, assembly({ Stack: { Resources } })).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message:
        "Stack Stack: R (AWS::SecretsManager::RotationSchedule): Secrets Manager can't find the specified secret.",
      cause: { code: 'ResourceNotFoundException' },
    });
  });

  it.each([
    ['Layers', { Type: 'AWS::Lambda::Function', Properties: { Layers: ['arn'], Runtime: 'nodejs24.x' } }],
    ['python', { Type: 'AWS::Lambda::Function', Properties: { Runtime: 'python3.13' } }],
    [
      'InputTransformer',
      { Type: 'AWS::Events::Rule', Properties: { EventPattern: {}, Targets: [{ InputTransformer: {} }] } },
    ],
    [
      'HostedRotationLambda',
      { Type: 'AWS::SecretsManager::RotationSchedule', Properties: { HostedRotationLambda: {} } },
    ],
    [
      'AdministratorAccess',
      {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {},
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
        },
      },
    ],
  ])('that would behave differently here is refused: %s', async (what, resource) => {
    await expect(deployAssembly(world, assembly({ Stack: { Resources: { R: resource } } }))).rejects.toThrow(what);
  });

  it('for another account or Region is refused', async () => {
    const templates = { Stack: { Resources: topic } };
    await expect(deployAssembly(world, assembly(templates, 'aws://999999999999/eu-central-1'))).rejects.toThrow(
      'Stack Stack is for aws://999999999999/eu-central-1, and this is aws://123456789012/eu-central-1',
    );
    await expect(deployAssembly(world, assembly(templates, 'aws://123456789012/us-east-1'))).rejects.toThrow();
    await deployAssembly(world, assembly(templates, 'aws://123456789012/eu-central-1'));
  });
});

describe('stacks', () => {
  it('are deployed after those that they depend on, and import what those export', async () => {
    const templates: Record<string, Template> = {
      First: {
        Resources: topic,
        Outputs: { Arn: { Value: { Ref: 'Topic' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:arn' } } } },
      },
      Second: {
        Resources: {
          P: parameter({ 'Fn::ImportValue': 'First:arn' }),
          Q: {
            Type: 'AWS::SSM::Parameter',
            Properties: {
              Name: '/q',
              Type: 'String',
              Value: { 'Fn::GetStackOutput': { StackName: 'First', OutputName: 'Arn' } },
            },
          },
        },
      },
    };
    const deployed = await deployAssembly(world, assembly(templates));
    expect(Object.keys(deployed)).toEqual(['First', 'Second']);
    expect(world.service<Ssm>('ssm').get('/p')).toBe('arn:aws:sns:eu-central-1:123456789012:told');
    expect(world.service<Ssm>('ssm').get('/q')).toBe('arn:aws:sns:eu-central-1:123456789012:told');
  });

  it('cannot import what nobody exports', async () => {
    await expect(deployedValue({ 'Fn::ImportValue': 'nothing' })).rejects.toThrow('No export named nothing found');
  });
});
