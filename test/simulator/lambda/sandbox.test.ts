import { afterEach, expect, test } from 'vitest';
import type { FunctionDefinition } from '../../../lib/simulator/lambda/definition.ts';
import { environmentOf } from '../../../lib/simulator/lambda/environment.ts';
import { createPool, type Pool } from '../../../lib/simulator/lambda/pool.ts';
import { startSandbox } from '../../../lib/simulator/lambda/sandbox.ts';
import { definitionOf, folderFor } from './function-folder.ts';

const pools: Pool[] = [];
let output = '';

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  output = '';
});

async function deploy(code: string, more: Partial<FunctionDefinition> = {}, idleMs = 30_000) {
  const definition = definitionOf('probe', { codeFolder: await folderFor(code), ...more });
  const credentials = { accessKeyId: 'ASIA', secretAccessKey: 'hidden', sessionToken: 'token' };
  const environment = environmentOf(definition, 'eu-central-1', 'http://127.0.0.1:1', credentials);
  let starts = 0;
  const start = () => {
    starts += 1;
    return startSandbox(definition, environment, (chunk) => {
      output += chunk;
    });
  };
  const pool = createPool(definition, start, idleMs);
  pools.push(pool);
  let number = 0;
  return {
    starts: () => starts,
    async invoke(event: unknown, onStart: Parameters<Pool['invoke']>[1] = () => {}, onDelivered = () => {}) {
      number += 1;
      const invocation = { requestId: `request-${number}`, payload: JSON.stringify(event), onDelivered };
      const outcome = await pool.invoke(invocation, onStart);
      return { ...outcome, payload: JSON.parse(outcome.payload) };
    },
  };
}

test('a handler is given the event and the context that Lambda documents', async () => {
  const deployed = await deploy(`
    export async function handler(event, context) {
      return { event, ...context, left: context.getRemainingTimeInMillis() };
    }`);
  const { payload, functionError } = await deployed.invoke({ a: 1 });
  expect(functionError).toBeUndefined();
  expect(payload).toMatchObject({
    event: { a: 1 },
    awsRequestId: 'request-1',
    functionName: 'probe',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
    logGroupName: '/aws/lambda/probe',
    memoryLimitInMB: '256',
  });
  expect(payload.left).toBeGreaterThan(2000);
  expect(payload.left).toBeLessThanOrEqual(3000);
});

test('a function sees its declared variables, its role and nothing of the machine', async () => {
  const deployed = await deploy('export const handler = async () => process.env;', { environment: { TABLE: 'x' } });
  const { payload } = await deployed.invoke({});
  expect(Object.keys(payload).sort()).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_EXECUTION_ENV',
    'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    'AWS_LAMBDA_FUNCTION_NAME',
    'AWS_LAMBDA_FUNCTION_VERSION',
    'AWS_LAMBDA_INITIALIZATION_TYPE',
    'AWS_LAMBDA_LOG_GROUP_NAME',
    'AWS_LAMBDA_LOG_STREAM_NAME',
    'AWS_LAMBDA_RUNTIME_API',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'LAMBDA_TASK_ROOT',
    'LANG',
    'PATH',
    'TABLE',
    'TZ',
    '_HANDLER',
  ]);
});

const counter = `let count = 0;
export async function handler({ waitMs }) {
  count += 1;
  await new Promise((resolve) => setTimeout(resolve, waitMs ?? 0));
  return { count, pid: process.pid };
}`;

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
test('a warm process is used again and keeps its memory', async () => {
  const deployed = await deploy(counter);
  const first = await deployed.invoke({});
  const second = await deployed.invoke({});
  expect(second.payload).toEqual({ count: 2, pid: first.payload.pid });
  expect(deployed.starts()).toBe(1);
});

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
test('an execution environment handles one invocation at a time: concurrency is more of them', async () => {
  const deployed = await deploy(counter);
  const outcomes = await Promise.all([deployed.invoke({ waitMs: 200 }), deployed.invoke({ waitMs: 200 })]);
  expect(outcomes.map(({ payload }) => payload.count)).toEqual([1, 1]);
  expect(deployed.starts()).toBe(2);
});

test('a process without work goes away', async () => {
  const deployed = await deploy(counter, {}, 20);
  const { payload } = await deployed.invoke({});
  await expect.poll(() => isAlive(payload.pid), { timeout: 5000 }).toBe(false);
  expect((await deployed.invoke({})).payload.count).toBe(1);
});

// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
test('a thrown error is a FunctionError with type, message and trace, and is printed with its own properties', async () => {
  const deployed = await deploy(`
    class LabelMoved extends Error { name = 'LabelMoved'; holder = 'somebody' }
    export async function handler() { throw new LabelMoved('not ours'); }`);
  const { payload, functionError } = await deployed.invoke({});
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType: 'LabelMoved', errorMessage: 'not ours' });
  expect(payload.trace[0]).toBe('LabelMoved: not ours');
  await expect.poll(() => output, { timeout: 5000 }).toContain('"holder":"somebody"');
});

// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
test('a function that takes too long is killed with Sandbox.Timedout, and the next invocation starts cold', async () => {
  const deployed = await deploy(counter, { timeoutSeconds: 1 });
  const { payload, functionError } = await deployed.invoke({ waitMs: 60_000 });
  expect(functionError).toBe('Unhandled');
  expect(payload).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: request-1 Error: Task timed out after 1.00 seconds',
  });
  expect((await deployed.invoke({})).payload.count).toBe(1);
});

// Seen on AWS: https://github.com/floci-io/floci/issues/3314
test('a process that exits in the middle of an invocation is Runtime.ExitError', async () => {
  const deployed = await deploy('export async function handler() { process.exit(7); }');
  const { payload, functionError } = await deployed.invoke({});
  expect(functionError).toBe('Unhandled');
  expect(payload).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: 'RequestId: request-1 Error: Runtime exited with error: exit status 7',
  });
});

test('a process that is killed in the middle of an invocation is Runtime.ExitError', async () => {
  const deployed = await deploy(counter);
  let kill = () => Promise.resolve();
  const { payload } = await deployed.invoke(
    { waitMs: 60_000 },
    (sandbox) => {
      kill = () => sandbox.kill();
    },
    () => void kill(),
  );
  expect(payload.errorMessage).toBe('RequestId: request-1 Error: Runtime exited with error: signal: killed');
});

test.each([
  ['a module that throws', `throw new TypeError('broken module');`, 'TypeError', 'broken module'],
  [
    'no such export',
    'export const other = 1;',
    'Runtime.HandlerNotFound',
    'index.handler is undefined or not exported',
  ],
  // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
  [
    'a callback, which nodejs24.x dropped',
    'export const handler = (event, context, callback) => callback(null, 1);',
    'Runtime.CallbackHandlerDeprecated',
    'Callback-based handlers are not supported by nodejs24.x',
  ],
  [
    'a rejection that nobody handles',
    'export async function handler() { Promise.reject(new Error("lost")); await new Promise(() => {}); }',
    'Runtime.UnhandledPromiseRejection',
    'Error: lost',
  ],
])('%s fails the invocation with its name', async (_what, code, errorType, errorMessage) => {
  const deployed = await deploy(code);
  const { payload, functionError } = await deployed.invoke({});
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType, errorMessage });
});

test('nothing is left running after close', async () => {
  const deployed = await deploy(counter);
  const { payload } = await deployed.invoke({});
  const running = deployed.invoke({ waitMs: 60_000 });
  await pools[0]?.close();
  expect((await running).payload.errorType).toBe('Runtime.ExitError');
  expect(isAlive(payload.pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
