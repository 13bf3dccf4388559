import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lambda } from '../../lambda/lambda.ts';
import { generatedName, type Make, type Properties, refuse, type Surroundings } from '../resource.ts';

const makeFunction: Make = (properties, around) => {
  refuse(properties, 'Layers', 'ImageConfig', 'FileSystemConfigs', 'SnapStart');
  const { Runtime: runtime, Handler: handler, Environment, Architectures, ReservedConcurrentExecutions } = properties;
  if (!String(runtime).startsWith('nodejs')) throw new Error(`functions of the runtime ${runtime} are not simulated`);
  const name = properties['FunctionName'] ?? generatedName(around);
  const arn = around.arn('lambda', `function:${name}`);
  const variables = (Environment?.Variables ?? {}) as Record<string, unknown>;
  lambdaOf(around).create({
    name,
    arn,
    roleArn: properties['Role'],
    runtime,
    handler,
    codeFolder: codeFolder(properties['Code'], around),
    timeoutSeconds: Number(properties['Timeout'] ?? 3),
    memoryMegabytes: Number(properties['MemorySize'] ?? 128),
    environment: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
    architecture: Architectures?.[0] ?? 'x86_64',
    description: properties['Description'] ?? '',
    logGroupName: properties['LoggingConfig']?.LogGroup ?? `/aws/lambda/${name}`,
    reservedConcurrency: ReservedConcurrentExecutions === undefined ? undefined : Number(ReservedConcurrentExecutions),
  });
  return { ref: name, attributes: { Arn: arn } };
};

function codeFolder({ S3Key, ZipFile }: Properties, around: Surroundings): string {
  if (typeof S3Key === 'string') return around.asset(S3Key);
  if (typeof ZipFile !== 'string') throw new Error('its code is neither an asset nor inline');
  const folder = mkdtempSync(join(tmpdir(), 'simulator-function-'));
  around.world.onClose(() => rmSync(folder, { recursive: true, force: true }));
  // "CloudFormation places it in a file named index": https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
  writeFileSync(join(folder, 'index.js'), ZipFile);
  return folder;
}

const makePermission: Make = (properties, around) => {
  refuse(properties, 'EventSourceToken', 'FunctionUrlAuthType', 'PrincipalOrgID');
  const { SourceAccount: sourceAccount, SourceArn: sourceArn } = properties;
  const statementId = generatedName(around, 100);
  lambdaOf(around).addPermission(properties['FunctionName'], {
    statementId,
    action: properties['Action'],
    principal: properties['Principal'],
    ...(sourceAccount !== undefined && { sourceAccount: String(sourceAccount) }),
    ...(sourceArn !== undefined && { sourceArn }),
  });
  return { ref: statementId, attributes: { Id: statementId } };
};

function lambdaOf({ world }: Surroundings): Lambda {
  return world.service<Lambda>('lambda');
}

export const lambdaResources: Readonly<Record<string, Make>> = {
  'AWS::Lambda::Function': makeFunction,
  'AWS::Lambda::Permission': makePermission,
};
