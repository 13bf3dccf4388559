import { createHash } from 'node:crypto';
import type { FunctionDefinition } from './definition.ts';

/** https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html */
export function configurationOf(definition: FunctionDefinition): Record<string, unknown> {
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Runtime: definition.runtime,
    Role: definition.roleArn,
    Handler: definition.handler,
    Description: definition.description,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMegabytes,
    Version: '$LATEST',
    ...(Object.keys(definition.environment).length > 0 && { Environment: { Variables: definition.environment } }),
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    LoggingConfig: { LogFormat: 'Text', LogGroup: definition.logGroupName },
    Architectures: [definition.architecture],
    // An asset folder is named after its contents.
    CodeSha256: createHash('sha256').update(definition.codeFolder).digest('base64'),
  };
}
