import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyturnApp } from '../lib/infra/app.ts';
import type { Inventory } from '../lib/inventory/types.ts';
import type { Figure } from './figures.ts';

async function templateOf(
  inventory: Inventory,
): Promise<{ Resources: Record<string, { Type: string; Properties?: unknown }> }> {
  const outdir = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  try {
    (await keyturnApp(inventory, { outdir })).synth();
    return JSON.parse(await readFile(join(outdir, 'Keyturn.template.json'), 'utf8'));
  } finally {
    await rm(outdir, { recursive: true });
  }
}

/** What one more secret of a kind adds to the stack, and to the policies of its functions. */
export async function resourceFigures(inventory: Inventory): Promise<Figure[]> {
  const [name, secret] = Object.entries(inventory.secrets)[0] ?? [];
  if (name === undefined || secret === undefined) throw new Error('the inventory has no secret to add another like');
  const { views: _, ...another } = secret;
  const before = await templateOf(inventory);
  const after = await templateOf({ ...inventory, secrets: { ...inventory.secrets, [`${name}-another`]: another } });
  const policies = (template: typeof before) =>
    JSON.stringify(
      Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::Role'),
    ).length;
  return [
    {
      what: 'CloudFormation resources per extra secret',
      value: Object.keys(after.Resources).length - Object.keys(before.Resources).length,
      limit: 2,
    },
    { what: 'characters of policy per extra secret', value: policies(after) - policies(before), limit: 0 },
  ];
}
