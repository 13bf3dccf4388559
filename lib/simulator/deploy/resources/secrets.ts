import { createHash } from 'node:crypto';
import type { SecretsManager } from '../../services/secrets-manager/secrets-manager.ts';
import { generatedName, type Make, type Properties, refuse, type Surroundings, tagsOf } from '../resource.ts';

const makeSecret: Make = (properties, around) => {
  refuse(properties, 'ReplicaRegions', 'Type');
  const { SecretString, GenerateSecretString, Description: description, KmsKeyId: kmsKeyId } = properties;
  const secrets = secretsOf(around);
  const secretString = GenerateSecretString ? generated(secrets, GenerateSecretString) : SecretString;
  const arn = secrets.create({
    name: properties['Name'] ?? generatedName(around, 512),
    ...(description !== undefined && { description }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    tags: tagsOf(properties),
    ...(secretString !== undefined && { secretString }),
  });
  return { ref: arn, attributes: { Id: arn } };
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html */
function generated(secrets: SecretsManager, options: Properties): string {
  const { SecretStringTemplate, GenerateStringKey, ...password } = options;
  const value = secrets.randomPassword(password);
  if (SecretStringTemplate === undefined) return value;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: value });
}

/**
 * RotateSecret. RotateImmediatelyOnUpdate is true by default, also when the schedule is made; with false, Secrets Manager only runs testSecret.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html
 */
const makeRotationSchedule: Make = async (properties, around) => {
  refuse(properties, 'HostedRotationLambda');
  const { SecretId, RotationLambdaARN, RotationRules, RotateImmediatelyOnUpdate } = properties;
  const token = createHash('sha256').update(`${around.stackName}/${around.logicalId}`).digest('hex').slice(0, 32);
  const { ARN } = await secretsOf(around).rotate({
    SecretId,
    ClientRequestToken: token,
    RotateImmediately: String(RotateImmediatelyOnUpdate ?? true) === 'true',
    ...(RotationLambdaARN !== undefined && { RotationLambdaARN }),
    ...(RotationRules !== undefined && { RotationRules: rulesOf(RotationRules) }),
  });
  return { ref: ARN, attributes: { Id: ARN } };
};

function rulesOf({ AutomaticallyAfterDays: days, ...rest }: Properties): Properties {
  return { ...rest, ...(days !== undefined && { AutomaticallyAfterDays: Number(days) }) };
}

const makeResourcePolicy: Make = (properties, around) => {
  const secrets = secretsOf(around);
  secrets.setResourcePolicy(properties['SecretId'], properties['ResourcePolicy']);
  const arn = secrets.arn(properties['SecretId']);
  return { ref: arn, attributes: { Id: arn } };
};

function secretsOf({ world }: Surroundings): SecretsManager {
  return world.service<SecretsManager>('secretsmanager');
}

export const secretsResources: Readonly<Record<string, Make>> = {
  'AWS::SecretsManager::ResourcePolicy': makeResourcePolicy,
  'AWS::SecretsManager::RotationSchedule': makeRotationSchedule,
  'AWS::SecretsManager::Secret': makeSecret,
};
