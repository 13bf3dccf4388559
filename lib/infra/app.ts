import { App, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { KeyturnError } from '../core/errors.ts';
import { compileInventory } from '../inventory/compile.ts';
import type { Inventory } from '../inventory/types.ts';
import { bundleSources, withBundles } from './bundles.ts';
import { KeyturnStack } from './stacks/keyturn-stack.ts';

export interface AppOptions {
  /** Divides every duration of the entries; for rehearsals. Default: the context `timeScale`, else 1. */
  timeScale?: number;
  /** Default: whatever account and Region the assembly is deployed to. */
  account?: string;
  region?: string;
  /** Where the assembly is written to. Default: the CDK CLI's. */
  outdir?: string;
}

/**
 * The CDK app of an inventory: functions bundled, cdk-nag's rules as errors of the synth. Call `synth()` on it.
 * @throws InvalidInput that lists the inventory's mistakes
 */
export async function keyturnApp(inventory: Inventory, options: AppOptions = {}): Promise<App> {
  const { account, region, outdir } = options;
  const app = new App({ context: cdkJson.context, ...(outdir !== undefined && { outdir }) });
  const entries = compileInventory(inventory, options.timeScale ?? contextTimeScale(app));
  await withBundles(bundleSources(inventory), (bundles) => {
    const folders = new Map(bundles.map(({ functionName, folder }) => [functionName, folder]));
    new KeyturnStack(app, 'Keyturn', {
      description: 'Keyturn: rotates secrets, moves their consumers, and proves that the old credentials are dead',
      inventory,
      entries,
      codeOf: (functionName) => Code.fromAsset(folders.get(functionName) ?? ''),
      env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
    });
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/** The CLI hands context over as text: `cdk synth -c timeScale=60`. */
function contextTimeScale(app: App): number {
  const timeScale = Number(app.node.tryGetContext('timeScale') ?? 1);
  if (timeScale > 0) return timeScale;
  throw new KeyturnError('InvalidInput', 'the context timeScale must be a number greater than 0');
}
