import type { Principal, World } from '../types.ts';

interface SdkService {
  /** The name in the credential scope, where it differs. */
  name?: string;
  /** The prefix of its errors: the SDK for Java's client name. */
  prefix: string;
  /** Its API's members begin in lower case; an integration's are always in Pascal case. */
  camelCase?: true;
}

/** The SDK for Java's names of services. */
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

export function sdkPrefix(sdkName: string): string {
  return sdkServices[sdkName]?.prefix ?? sdkName;
}

/**
 * `aws-sdk:<service>:<action>`, as Step Functions and EventBridge Scheduler call any API: parameters and answer in Pascal case.
 * @throws AwsError
 */
export async function sdkCall(
  world: World,
  principal: Principal,
  { sdkName, action, parameters }: { sdkName: string; action: string; parameters: Record<string, unknown> },
): Promise<unknown> {
  const service = sdkServices[sdkName];
  const input = service?.camelCase ? renamed(parameters, lowerFirst) : parameters;
  const output = await world.perform(principal, service?.name ?? sdkName, upperFirst(action), input);
  const plain = JSON.parse(JSON.stringify(output ?? {})) as unknown;
  return service?.camelCase ? renamed(plain, upperFirst) : plain;
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [rename(key), renamed(member, rename)]));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
