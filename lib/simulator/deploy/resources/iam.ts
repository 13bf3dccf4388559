import type { Iam } from '../../services/iam/iam.ts';
import { generatedName, type Make, type Properties, refuse, type Surroundings, tagsOf } from '../resource.ts';

/**
 * Two of AWS's own policies, which CDK attaches by itself; others have to be written out.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
 */
const awsPolicies: Readonly<Record<string, readonly string[]>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ],
  'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole': [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
};

const makeRole: Make = async (properties, around) => {
  refuse(properties, 'PermissionsBoundary');
  const { Path: path = '/', Description: description, MaxSessionDuration } = properties;
  const role = await iamOf(around).createRole({
    roleName: properties['RoleName'] ?? generatedName(around),
    trustPolicy: properties['AssumeRolePolicyDocument'],
    path,
    policies: policiesOf(properties, around),
    ...(description !== undefined && { description }),
    ...(MaxSessionDuration !== undefined && { maxSessionSeconds: Number(MaxSessionDuration) }),
    tags: tagsOf(properties),
  });
  return { ref: role.roleName, attributes: { Arn: role.arn, RoleId: role.roleId } };
};

const makeUser: Make = async (properties, around) => {
  refuse(properties, 'PermissionsBoundary', 'Groups', 'LoginProfile');
  const user = await iamOf(around).createUser({
    userName: properties['UserName'] ?? generatedName(around),
    path: properties['Path'] ?? '/',
    policies: policiesOf(properties, around),
    tags: tagsOf(properties),
  });
  return { ref: user.userName, attributes: { Arn: user.arn } };
};

const makePolicy: Make = async (properties, around) => {
  const name = properties['PolicyName'] ?? generatedName(around);
  await attach(properties, around, name);
  return { ref: name, attributes: { Id: name } };
};

/** Its document is attached as if it were inline: evaluation knows no difference. */
const makeManagedPolicy: Make = async (properties, around) => {
  const name = properties['ManagedPolicyName'] ?? generatedName(around);
  const arn = `arn:aws:iam::${around.world.accountId}:policy${properties['Path'] ?? '/'}${name}`;
  around.managedPolicies.set(arn, properties['PolicyDocument']);
  await attach(properties, around, arn);
  return { ref: arn, attributes: { PolicyArn: arn } };
};

const makeAccessKey: Make = (properties, around) => {
  refuse(properties, 'Status');
  const key = iamOf(around).createAccessKey(properties['UserName']);
  return { ref: key.accessKeyId, attributes: { SecretAccessKey: key.secretAccessKey } };
};

async function attach(properties: Properties, around: Surroundings, name: string): Promise<void> {
  refuse(properties, 'Groups');
  const { Roles = [], Users = [], PolicyDocument } = properties;
  for (const role of Roles) await iamOf(around).putRolePolicy(role, name, PolicyDocument);
  for (const user of Users) await iamOf(around).putUserPolicy(user, name, PolicyDocument);
}

function policiesOf({ Policies = [], ManagedPolicyArns = [] }: Properties, around: Surroundings): Properties {
  const inline = (Policies as Properties[]).map((policy) => [policy['PolicyName'], policy['PolicyDocument']]);
  const managed = (ManagedPolicyArns as string[]).map((arn) => [arn, managedPolicy(arn, around)]);
  return Object.fromEntries([...inline, ...managed]) as Properties;
}

function managedPolicy(arn: string, { managedPolicies }: Surroundings): Properties {
  const Action = awsPolicies[arn];
  const document = Action
    ? { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] }
    : managedPolicies.get(arn);
  if (document === undefined) throw new Error(`the managed policy ${arn} is not known: write its statements out`);
  return document;
}

function iamOf({ world }: Surroundings): Iam {
  return world.service<Iam>('iam');
}

export const iamResources: Readonly<Record<string, Make>> = {
  'AWS::IAM::AccessKey': makeAccessKey,
  'AWS::IAM::ManagedPolicy': makeManagedPolicy,
  'AWS::IAM::Policy': makePolicy,
  'AWS::IAM::Role': makeRole,
  'AWS::IAM::User': makeUser,
};
