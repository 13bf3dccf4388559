import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Template {
  Resources?: Record<string, TemplateResource>;
  Parameters?: Record<string, { Type: string; Default?: string }>;
  Conditions?: Record<string, unknown>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown }; Condition?: string }>;
}

export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  Condition?: string;
}

/** One stack of a cloud assembly. */
export interface StackArtifact {
  stackName: string;
  template: Template;
  /** Assets by the name of their object in the bootstrap bucket: a folder or a file. */
  assets: ReadonlyMap<string, string>;
  /** `aws://account/region`; unknown ones are whatever they are deployed to. */
  environment: string;
}

interface Artifact {
  type: string;
  environment?: string;
  dependencies?: string[];
  properties?: { templateFile?: string; stackName?: string; file?: string; directoryName?: string };
}

interface AssetManifest {
  files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
}

/** The stacks of `cdk.out`, those that others depend on first. @throws Error when it is no cloud assembly. */
export function readAssembly(folder: string): StackArtifact[] {
  const { artifacts = {} } = readJson<{ artifacts?: Record<string, Artifact> }>(join(folder, 'manifest.json'));
  const done = new Set<string>();
  const stacks: StackArtifact[] = [];
  function visit(id: string): void {
    if (done.has(id)) return;
    done.add(id);
    const artifact = artifacts[id];
    if (artifact === undefined) return;
    for (const dependency of artifact.dependencies ?? []) visit(dependency);
    const { templateFile, stackName, directoryName } = artifact.properties ?? {};
    if (artifact.type === 'aws:cloudformation:stack' && templateFile !== undefined) {
      stacks.push({
        stackName: stackName ?? id,
        template: readJson<Template>(join(folder, templateFile)),
        assets: assetsOf(folder, artifacts),
        environment: artifact.environment ?? '',
      });
    }
    // A stage has an assembly of its own.
    if (artifact.type === 'cdk:cloud-assembly' && directoryName !== undefined) {
      stacks.push(...readAssembly(join(folder, directoryName)));
    }
  }
  for (const id of Object.keys(artifacts)) visit(id);
  return stacks;
}

function assetsOf(folder: string, artifacts: Record<string, Artifact>): Map<string, string> {
  const assets = new Map<string, string>();
  for (const { type, properties } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || properties?.file === undefined) continue;
    const { files = {} } = readJson<AssetManifest>(join(folder, properties.file));
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, resolve(folder, source.path));
    }
  }
  return assets;
}

function readJson<Shape>(file: string): Shape {
  return JSON.parse(readFileSync(file, 'utf8')) as Shape;
}
