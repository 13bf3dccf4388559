import type { S3 } from '../../services/s3/s3.ts';
import type { Ssm } from '../../services/ssm/ssm.ts';
import { generatedName, type Make, refuse, type Surroundings } from '../resource.ts';

const makeBucket: Make = (properties, around) => {
  refuse(properties, 'NotificationConfiguration', 'ReplicationConfiguration', 'WebsiteConfiguration');
  const name = properties['BucketName'] ?? generatedName(around, 63).toLowerCase();
  const versioned = properties['VersioningConfiguration']?.Status === 'Enabled';
  s3Of(around).createBucket({ name, versioned });
  const domain = `${name}.s3.${around.world.region}.amazonaws.com`;
  return {
    ref: name,
    attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com`, RegionalDomainName: domain },
  };
};

const makeBucketPolicy: Make = (properties, around) => {
  s3Of(around).setBucketPolicy(properties['Bucket'], properties['PolicyDocument']);
  return { ref: properties['Bucket'] };
};

const makeParameter: Make = (properties, around) => {
  const { Name, Type, Value } = properties;
  const name = Name ?? `CFN-${generatedName(around)}`;
  around.world.service<Ssm>('ssm').put(name, Value, Type);
  return { ref: name, attributes: { Type, Value } };
};

function s3Of({ world }: Surroundings): S3 {
  return world.service<S3>('s3');
}

export const storageResources: Readonly<Record<string, Make>> = {
  'AWS::S3::Bucket': makeBucket,
  'AWS::S3::BucketPolicy': makeBucketPolicy,
  'AWS::SSM::Parameter': makeParameter,
};
