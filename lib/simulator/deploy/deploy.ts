import type { SimulatedWorld } from '../world.ts';
import { readAssembly, type StackArtifact } from './assembly.ts';
import { type DeployedStack, type Siblings, StackDeployment } from './stack.ts';

export interface DeployOptions {
  /** Values of the templates' parameters. */
  parameters?: Readonly<Record<string, string>>;
}

/** What was deployed, by the stack's name. */
export type Deployment = Readonly<Record<string, DeployedStack>>;

/**
 * Deploys a synthesized cloud assembly, `cdk.out`, as CloudFormation would. Once per world: nothing is updated.
 * A rotation's testSecret, which Secrets Manager starts, may still be running when it returns.
 * @throws Error for what is not simulated, naming the stack and the resource.
 */
export async function deployAssembly(
  world: SimulatedWorld,
  folder: string,
  { parameters = {} }: DeployOptions = {},
): Promise<Deployment> {
  const siblings: Siblings = { exports: new Map(), stacks: new Map(), managedPolicies: new Map() };
  for (const artifact of readAssembly(folder)) {
    checkEnvironment(world, artifact);
    const stack = await new StackDeployment(world, artifact, parameters, siblings).run();
    siblings.stacks.set(stack.name, stack);
  }
  if (siblings.stacks.size === 0) throw new Error(`There is no stack in ${folder}`);
  return Object.fromEntries(siblings.stacks);
}

function checkEnvironment(world: SimulatedWorld, { stackName, environment }: StackArtifact): void {
  const [, account = '', region = ''] = /^aws:\/\/([^/]*)\/(.*)$/.exec(environment) ?? [];
  const elsewhere =
    (/^\d{12}$/.test(account) && account !== world.accountId) ||
    (region !== '' && region !== 'unknown-region' && region !== world.region);
  if (elsewhere) {
    throw new Error(`Stack ${stackName} is for ${environment}, and this is aws://${world.accountId}/${world.region}`);
  }
}
