import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inventory as sample } from '../../bin/inventory.ts';
import { parameterPath, parseEntry } from '../../lib/core/entry.ts';
import { keyturnApp } from '../../lib/infra/app.ts';
import { BundledFunction } from '../../lib/infra/constructs/bundled-function.ts';
import type { Grant } from '../../lib/infra/statements.ts';
import { changed, wellFormed } from '../inventory/estate.ts';
import { stackOf } from './synthesize.ts';

const run = promisify(execFile);

// CDK takes seconds, and more on a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

let outdir: string;
beforeAll(async () => {
  outdir = await mkdtemp(path.join(tmpdir(), 'keyturn-app-'));
});
afterAll(() => rm(outdir, { recursive: true }));

describe('the app', () => {
  it('synthesizes the sample inventory without a finding, a warning or an account', async () => {
    const { stdout, stderr } = await run(process.execPath, ['bin/app.ts'], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env: { ...process.env, CDK_OUTDIR: path.join(outdir, 'cli') },
    });
    expect(stdout + stderr).toBe('');
  });

  it('takes an account, a Region and a time scale', async () => {
    const options = {
      account: '111122223333',
      region: 'ap-southeast-1',
      timeScale: 60,
      outdir: path.join(outdir, 'own'),
    };
    const assembly = (await keyturnApp(wellFormed(), options)).synth();
    const { environment, template } = assembly.getStackByName('Keyturn');
    expect(environment).toMatchObject({ account: '111122223333', region: 'ap-southeast-1' });
    const entries = Object.values(
      template.Resources as Record<string, { Properties: { Name?: string; Value?: string } }>,
    )
      .filter(({ Properties }) => Properties.Name?.startsWith(parameterPath))
      .map(({ Properties }) => parseEntry(Properties.Value ?? '', ''));
    expect(entries.map(({ timings }) => timings.soakSeconds)).toEqual([30, 30]);
  });

  it("stops at the inventory's mistakes before it bundles anything", async () => {
    await expect(keyturnApp(changed(wellFormed(), ['secrets', 'app/db', 'policy'], 'monthy'))).rejects.toThrow(
      'no policy "monthy"',
    );
  });
});

describe('cdk-nag', () => {
  it.each([
    ['the sample inventory', sample],
    ['made secrets and views, an address, keys and networks', everything()],
  ])('finds nothing in %s', (_, inventory) => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(inventory)).violations).toEqual([]);
  });

  it('finds a wildcard without a reason, also beside one that has a reason', () => {
    const explained = { actions: ['ecs:ListTasks'], resources: ['*'], why: 'ListTasks takes no resource' };
    const unexplained = { actions: ['ecs:ListClusters'], resources: ['*'] };
    expect(findingsOf(unexplained)).toEqual(['AwsSolutions-IAM5[Resource::*]']);
    expect(findingsOf(explained)).toEqual([]);
    expect(findingsOf(explained, unexplained)).toEqual(['AwsSolutions-IAM5[Resource::*]']);
  });

  it('has a reason for each suppression', () => {
    const reasons = stackOf(everything())
      .node.findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY))
      .flatMap(({ data }) => Object.values(data as Record<string, string>));
    expect(reasons.length).toBeGreaterThan(10);
    for (const reason of reasons) expect(reason.length).toBeGreaterThan(30);
  });
});

function findingsOf(...grants: Grant[]): string[] {
  const stack = new Stack(new App(), 'Test');
  new BundledFunction(stack, 'F', {
    functionName: 'f',
    codeOf: () => Code.fromInline('//'),
    timeoutSeconds: 1,
    environment: {},
    grants,
  });
  return new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);
}

function everything() {
  let inventory = changed(wellFormed(), ['secrets', 'app/db', 'create'], true);
  inventory = changed(inventory, ['secrets', 'app/db', 'views', 'app/NEW'], { template: '{username}', create: true });
  inventory = changed(inventory, ['notifyEmail'], 'ops@example.com');
  inventory = changed(inventory, ['encryptionKeyArns'], ['arn:aws:kms:eu-west-1:111122223333:key/1234']);
  const network = { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] };
  return changed(inventory, ['networks'], { postgres: network, 'ecs-service': network, http: network });
}
