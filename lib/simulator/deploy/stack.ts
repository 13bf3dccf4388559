import type { Ssm } from '../services/ssm/ssm.ts';
import type { SimulatedWorld } from '../world.ts';
import type { StackArtifact, TemplateResource } from './assembly.ts';
import { evaluate, noValue, type References } from './intrinsics.ts';
import type { Made, Properties, Surroundings } from './resource.ts';
import { ignored, resources } from './resources/table.ts';

export interface DeployedResource {
  type: string;
  /** What Ref answers. */
  physicalId: string;
  attributes: Readonly<Record<string, unknown>>;
}

export interface DeployedStack {
  name: string;
  /** By logical id. */
  resources: Readonly<Record<string, DeployedResource>>;
  outputs: Readonly<Record<string, string>>;
}

/** What stacks know of each other. */
export interface Siblings {
  exports: Map<string, unknown>;
  stacks: Map<string, DeployedStack>;
  managedPolicies: Map<string, Properties>;
}

/** Makes one stack's resources, each after those that it refers to. */
export class StackDeployment {
  private readonly world: SimulatedWorld;
  private readonly artifact: StackArtifact;
  private readonly parameters: Readonly<Record<string, string>>;
  private readonly siblings: Siblings;
  private readonly made = new Map<string, Promise<Made>>();
  /** By the path of resources that are being made, on which a circle shows. */
  private readonly references: (path: readonly string[]) => References;

  constructor(
    world: SimulatedWorld,
    artifact: StackArtifact,
    parameters: Readonly<Record<string, string>>,
    siblings: Siblings,
  ) {
    this.world = world;
    this.artifact = artifact;
    this.parameters = parameters;
    this.siblings = siblings;
    this.references = (path) => ({
      ref: (name) => this.ref(name, path),
      attribute: async (logicalId, attribute) => {
        const { attributes = {} } = await this.make(logicalId, path);
        if (!Object.hasOwn(attributes, attribute))
          throw new Error(`${logicalId} has no simulated attribute ${attribute}`);
        return attributes[attribute];
      },
      condition: (name) => this.condition(name, path),
      imported: (name) => {
        if (!siblings.exports.has(name)) throw new Error(`No export named ${name} found`);
        return siblings.exports.get(name);
      },
      outputOf: (stackName, outputName) => {
        const value = siblings.stacks.get(stackName)?.outputs[outputName];
        if (value === undefined) throw new Error(`Stack ${stackName} has no output ${outputName}`);
        return value;
      },
    });
  }

  /** @throws Error naming the stack and the resource that could not be made. */
  async run(): Promise<DeployedStack> {
    const deployed: Record<string, DeployedResource> = {};
    for (const [logicalId, { Type: type }] of await this.wanted()) {
      const { ref, attributes = {} } = await this.make(logicalId, []);
      deployed[logicalId] = { type, physicalId: ref, attributes };
    }
    return { name: this.artifact.stackName, resources: deployed, outputs: await this.outputs() };
  }

  private async wanted(): Promise<[string, TemplateResource][]> {
    const wanted: [string, TemplateResource][] = [];
    for (const [logicalId, resource] of Object.entries(this.artifact.template.Resources ?? {})) {
      if (ignored.has(resource.Type)) continue;
      if (resource.Condition !== undefined && !(await this.condition(resource.Condition, []))) continue;
      wanted.push([logicalId, resource]);
    }
    const unknown = [...new Set(wanted.map(([, { Type: type }]) => type))].filter((type) => !(type in resources));
    if (unknown.length > 0) {
      throw new Error(
        `Stack ${this.artifact.stackName}: resources of these types are not simulated: ${unknown.join(', ')}`,
      );
    }
    return wanted;
  }

  private make(logicalId: string, path: readonly string[]): Promise<Made> {
    if (path.includes(logicalId)) {
      throw new Error(`Circular dependency between resources: ${[...path, logicalId].join(' → ')}`);
    }
    const known = this.made.get(logicalId);
    if (known !== undefined) return known;
    const making = this.makeNow(logicalId, [...path, logicalId]);
    this.made.set(logicalId, making);
    return making;
  }

  private async makeNow(logicalId: string, path: readonly string[]): Promise<Made> {
    const resource = this.artifact.template.Resources?.[logicalId];
    if (resource === undefined)
      throw new Error(`${path.at(-2) ?? 'The template'} refers to ${logicalId}, which is not there`);
    const make = resources[resource.Type];
    if (make === undefined) throw new Error(`${logicalId} is a ${resource.Type}, which is not simulated`);
    for (const other of [resource.DependsOn ?? []].flat())
      if (await this.isWanted(other, path)) await this.make(other, path);
    const properties = (await evaluate(resource.Properties ?? {}, this.references(path))) as Properties;
    try {
      return await make(properties, this.surroundings(logicalId));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Stack ${this.artifact.stackName}: ${logicalId} (${resource.Type}): ${why}`, { cause: error });
    }
  }

  private async isWanted(logicalId: string, path: readonly string[]): Promise<boolean> {
    const { Condition: condition } = this.artifact.template.Resources?.[logicalId] ?? {};
    return condition === undefined || this.condition(condition, path);
  }

  private async ref(name: string, path: readonly string[]): Promise<unknown> {
    const { world, artifact } = this;
    const pseudo: Record<string, unknown> = {
      'AWS::AccountId': world.accountId,
      'AWS::NoValue': noValue,
      'AWS::NotificationARNs': [],
      'AWS::Partition': 'aws',
      'AWS::Region': world.region,
      'AWS::StackId': `arn:aws:cloudformation:${world.region}:${world.accountId}:stack/${artifact.stackName}/1`,
      'AWS::StackName': artifact.stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    if (Object.hasOwn(pseudo, name)) return pseudo[name];
    if (artifact.template.Parameters?.[name] !== undefined) return this.parameter(name);
    return (await this.make(name, path)).ref;
  }

  private parameter(name: string): string | string[] {
    const { Type: type = 'String', Default } = this.artifact.template.Parameters?.[name] ?? {};
    const value = this.parameters[name] ?? Default;
    if (value === undefined) throw new Error(`Parameters: [${name}] must have values`);
    if (type.startsWith('AWS::SSM::Parameter::Value')) return this.world.service<Ssm>('ssm').get(value);
    return type === 'CommaDelimitedList' ? value.split(',').map((item) => item.trim()) : value;
  }

  private async condition(name: string, path: readonly string[]): Promise<boolean> {
    const condition = this.artifact.template.Conditions?.[name];
    if (condition === undefined) throw new Error(`There is no condition ${name}`);
    return (await evaluate(condition, this.references(path))) === true;
  }

  private async outputs(): Promise<Record<string, string>> {
    const outputs: Record<string, string> = {};
    for (const [name, output] of Object.entries(this.artifact.template.Outputs ?? {})) {
      if (output.Condition !== undefined && !(await this.condition(output.Condition, []))) continue;
      const value = String(await evaluate(output.Value, this.references([])));
      outputs[name] = value;
      if (output.Export === undefined) continue;
      this.siblings.exports.set(String(await evaluate(output.Export.Name, this.references([]))), value);
    }
    return outputs;
  }

  private surroundings(logicalId: string): Surroundings {
    const { world, artifact } = this;
    return {
      world,
      stackName: artifact.stackName,
      logicalId,
      managedPolicies: this.siblings.managedPolicies,
      asset: (objectKey) => {
        const path = artifact.assets.get(objectKey);
        if (path === undefined) throw new Error(`there is no asset ${objectKey} in the cloud assembly`);
        return path;
      },
      arn: (service, resource) => `arn:aws:${service}:${world.region}:${world.accountId}:${resource}`,
    };
  }
}
