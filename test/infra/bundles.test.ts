import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundleSources, withBundles } from '../../lib/infra/bundles.ts';
import { BundledFunction } from '../../lib/infra/constructs/bundled-function.ts';
import { everyKind as inventory } from '../../lib/rehearsal/estates/every-kind.ts';
import { stackOf } from './synthesize.ts';

const run = promisify(execFile);
const secretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf';

const bundles: Bundle[] = [];
const exported: { functionName: string; handler: string }[] = [];
const errors: Record<string, string> = {};
const loaded: { functionName: string; files: number }[] = [];

beforeAll(async () => {
  await withBundles(bundleSources(inventory), async (made) => {
    bundles.push(...made);
    for (const bundle of made) {
      exported.push({
        functionName: bundle.functionName,
        handler: await inNode(bundle, 'console.log(typeof handler)'),
      });
      const { stdout } = await run(
        process.execPath,
        [path.join(import.meta.dirname, 'load-bundle.mjs'), bundle.folder],
        {
          env: { ...environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
        },
      );
      loaded.push({ functionName: bundle.functionName, files: Number(stdout) });
    }
    const missing = await Promise.all([
      errorFrom(made, 'keyturn-retire-postgres', 'ParameterNotFound', {
        op: 'enable',
        secretArn,
        keep: 'a',
        retire: 'b',
      }),
      errorFrom(made, 'keyturn-campaign', 'ResourceNotFoundException', { op: 'start', secret: 'app/db', token: 'a' }),
      errorFrom(made, 'keyturn-rollout', 'ThrottlingException', { op: 'plan', secretArn, versionId: 'a' }),
    ]);
    for (const [functionName, error] of missing) errors[functionName] = error;
  });
}, 120_000);

describe('bundles', () => {
  it('are one per function of the template', () => {
    const functions = stackOf(inventory)
      .node.findAll()
      .filter((node) => node instanceof BundledFunction)
      .map(({ functionName }) => functionName);
    expect(bundles.map(({ functionName }) => functionName).sort()).toEqual(functions.sort());
  });

  it('start in Node alone, with what Lambda gives them, and export a handler', () => {
    expect(exported).toHaveLength(bundles.length);
    expect(exported.filter(({ handler }) => handler !== 'function')).toEqual([]);
  });

  it('load in Node alone what they load on demand', () => {
    expect(loaded).toHaveLength(bundles.length);
    expect(loaded.filter(({ files }) => !(files > 0))).toEqual([]);
    expect(loaded.filter(({ functionName, files }) => functionName.endsWith('ssh-key') && files < 3)).toEqual([]);
  });

  it.each(bundleSources(inventory).map(({ functionName }) => functionName))(
    '%s reads at most 450 KB when it starts',
    (name) => {
      const bundle = bundles.find(({ functionName }) => functionName === name);
      expect(bundle?.bytesAtStart).toBeGreaterThan(10_000);
      expect(bundle?.bytesAtStart).toBeLessThanOrEqual(450_000);
    },
  );

  it('know AWS’s errors by name, although the SDK’s classes of them are left out', () => {
    expect(errors).toEqual({
      'keyturn-retire-postgres': 'NotInInventory',
      'keyturn-campaign': 'SecretNotFound',
      'keyturn-rollout': 'AwsUnavailable',
    });
  });

  it('are the same bytes every time', async () => {
    const [source] = bundleSources(inventory).filter(({ entry }) => entry === 'probe');
    const sizes = await withBundles(source ? [source] : [], ([again]) => again?.bytesAtStart);
    expect(sizes).toBe(bundles.find(({ functionName }) => functionName === source?.functionName)?.bytesAtStart);
  });
});

/** What Lambda gives a function. */
const environment = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  FUNCTIONS: '{}',
  EVIDENCE_BUCKET: 'evidence',
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:t',
  ROLLOUT_MACHINE_ARN: 'arn:aws:states:eu-west-1:111122223333:stateMachine:keyturn-rollout',
  RETIRE_FUNCTION_ARN: 'arn:aws:lambda:eu-west-1:111122223333:function:r',
};

/** Runs a script with a bundle's `handler` in a process of its own. */
async function inNode({ folder }: Bundle, script: string, endpoint = 'http://127.0.0.1:9'): Promise<string> {
  const file = JSON.stringify(path.join(folder, 'index.mjs'));
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', `const { handler } = await import(${file}); ${script}`],
    {
      env: { ...environment, AWS_ENDPOINT_URL: endpoint },
    },
  );
  return stdout.trim().split('\n').at(-1) ?? '';
}

/** The name of a function's error when AWS answers every call with this one. */
async function errorFrom(
  made: readonly Bundle[],
  functionName: string,
  awsError: string,
  event: object,
): Promise<[string, string]> {
  const server = createServer((_, response) => {
    response
      .writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ __type: awsError, message: 'no' }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = server.address() as AddressInfo;
    const bundle = made.find((candidate) => candidate.functionName === functionName);
    const context = "{ functionName: 'f', awsRequestId: 'r', getRemainingTimeInMillis: () => 30_000 }";
    const script = `await handler(${JSON.stringify(event)}, ${context}).catch((error) => console.log(error.name))`;
    return [functionName, bundle ? await inNode(bundle, script, `http://127.0.0.1:${port}`) : 'no bundle'];
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
