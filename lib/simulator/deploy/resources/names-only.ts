import { createHash } from 'node:crypto';
import { generatedName, type Make } from '../resource.ts';

/** Resources that have a name and an ARN and no service behind them: nothing that is rehearsed calls it. */

const makeQueue: Make = (properties, around) => {
  const name = properties['QueueName'] ?? generatedName(around, 80);
  const url = `https://sqs.${around.world.region}.amazonaws.com/${around.world.accountId}/${name}`;
  return { ref: url, attributes: { Arn: around.arn('sqs', name), QueueName: name, QueueUrl: url } };
};

const makeLogGroup: Make = (properties, around) => {
  const name = properties['LogGroupName'] ?? generatedName(around, 512);
  return { ref: name, attributes: { Arn: around.arn('logs', `log-group:${name}:*`) } };
};

const makeAlarm: Make = (properties, around) => {
  const name = properties['AlarmName'] ?? generatedName(around, 255);
  return { ref: name, attributes: { Arn: around.arn('cloudwatch', `alarm:${name}`) } };
};

const makeKey: Make = (_properties, around) => {
  const hash = createHash('sha256').update(`${around.stackName}/${around.logicalId}`).digest('hex');
  const id = hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return { ref: id, attributes: { Arn: around.arn('kms', `key/${id}`), KeyId: id } };
};

const makeAlias: Make = (properties) => ({ ref: properties['AliasName'] });

const makeNamed: Make = (_properties, around) => ({ ref: generatedName(around), attributes: {} });

export const namesOnly: Readonly<Record<string, Make>> = {
  'AWS::CloudWatch::Alarm': makeAlarm,
  'AWS::KMS::Alias': makeAlias,
  'AWS::KMS::Key': makeKey,
  'AWS::Logs::LogGroup': makeLogGroup,
  'AWS::Logs::MetricFilter': makeNamed,
  'AWS::Logs::ResourcePolicy': makeNamed,
  'AWS::SQS::Queue': makeQueue,
  'AWS::SQS::QueuePolicy': makeNamed,
};
