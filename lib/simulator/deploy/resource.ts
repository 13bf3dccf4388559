import { createHash } from 'node:crypto';
import type { SimulatedWorld } from '../world.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template's properties; CloudFormation's schema is not repeated here.
export type Properties = Record<string, any>;

/** A resource that was made: what Ref and Fn::GetAtt answer. */
export interface Made {
  ref: string;
  attributes?: Readonly<Record<string, unknown>>;
}

/** What the making of a resource may use beside its properties. */
export interface Surroundings {
  world: SimulatedWorld;
  stackName: string;
  logicalId: string;
  /** The folder or file of an asset. @throws Error */
  asset(objectKey: string): string;
  /** Customer-managed policies made so far, by ARN. */
  managedPolicies: Map<string, Properties>;
  /** `arn:aws:<service>:<region>:<account>:<resource>` */
  arn(service: string, resource: string): string;
}

export type Make = (properties: Properties, around: Surroundings) => Made | Promise<Made>;

/** A name such as CloudFormation makes: stack, logical id and twelve characters, cut to what the service allows. */
export function generatedName({ stackName, logicalId }: Surroundings, maximum = 64): string {
  const suffix = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex').slice(0, 12).toUpperCase();
  return `${`${stackName}-${logicalId}`.slice(0, maximum - 13)}-${suffix}`;
}

/** `Tags` as a record. */
export function tagsOf({ Tags = [] }: Properties): Record<string, string> {
  return Object.fromEntries((Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
}

/** Properties that would change what happens and are not simulated. @throws Error */
export function refuse(properties: Properties, ...names: string[]): void {
  const found = names.filter((name) => properties[name] !== undefined);
  if (found.length > 0) throw new Error(`not simulated: ${found.join(', ')}`);
}
