import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, it } from 'vitest';
import { parseSettings, settingsParameter } from '../../lib/core/settings.ts';
import { Settings } from '../../lib/infra/constructs/settings.ts';

it('puts the machine and the bucket into the one parameter by which the CLI finds them', () => {
  const stack = new Stack(new App(), 'Test');
  const bucket = new Bucket(stack, 'Bucket');
  new Settings(stack, 'Settings', { rolloutMachineArn: 'arn:machine', evidenceBucket: bucket.bucketName });

  const [parameter = {}] = Object.values(Template.fromStack(stack).findResources('AWS::SSM::Parameter'));
  const { Name, Type, Value } = parameter['Properties'];
  expect({ Name, Type }).toEqual({ Name: settingsParameter, Type: 'String' });

  const [, parts] = Value['Fn::Join'];
  const deployed = parts.map((part: unknown) => (typeof part === 'string' ? part : 'the-bucket')).join('');
  expect(parseSettings(deployed)).toEqual({ rolloutMachineArn: 'arn:machine', evidenceBucket: 'the-bucket' });
});
