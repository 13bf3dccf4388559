import { serviceError } from './task-error.ts';
import type { TaskCaller } from './tasks.ts';

interface SdkService {
  /** The name in the credential scope, where it differs. */
  name?: string;
  /** The prefix of its errors: the SDK for Java's client name. */
  prefix: string;
  /** Its API's members begin in lower case; an integration's are always in Pascal case. */
  camelCase?: true;
}

const sdkServices: Readonly<Record<string, SdkService>> = {
  cloudwatch: { name: 'monitoring', prefix: 'CloudWatch' },
  ecs: { prefix: 'Ecs', camelCase: true },
  eventbridge: { name: 'events', prefix: 'EventBridge' },
  iam: { prefix: 'Iam' },
  lambda: { prefix: 'Lambda' },
  s3: { prefix: 'S3' },
  scheduler: { prefix: 'Scheduler' },
  secretsmanager: { prefix: 'SecretsManager' },
  sfn: { name: 'states', prefix: 'Sfn', camelCase: true },
  sns: { prefix: 'Sns' },
  ssm: { prefix: 'Ssm' },
  sts: { prefix: 'Sts' },
};

/** `aws-sdk:<service>:<action>`. https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html @throws TaskError */
export async function callSdk(
  { world, principal }: TaskCaller,
  sdkName: string,
  action: string,
  parameters: Record<string, unknown>,
): Promise<unknown> {
  const service = sdkServices[sdkName] ?? { prefix: sdkName };
  const operation = action.charAt(0).toUpperCase() + action.slice(1);
  const input = service.camelCase ? renamed(parameters, lowerFirst) : parameters;
  const output = await world.perform(principal, service.name ?? sdkName, operation, input).catch((error: unknown) => {
    throw serviceError(service.prefix, `${service.prefix}Exception`, error);
  });
  const plain = JSON.parse(JSON.stringify(output ?? {})) as unknown;
  return service.camelCase ? renamed(plain, upperFirst) : plain;
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [rename(key), renamed(member, rename)]));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
