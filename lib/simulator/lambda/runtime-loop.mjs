// The program that a function's process runs: Lambda's runtime for Node.js, as far as a handler can tell.
// Plain JavaScript, because type stripping would add some 40 ms to every cold start.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
// One kept connection and no timeout: `next` stays open for as long as the function is idle.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let requestId;

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: `/2018-06-01/runtime/${path}`, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function errorBody(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

// Lambda's runtime prints each error with its own properties: what an error carries reaches the log.
function printError(title, error) {
  const printable = (_key, value) =>
    value instanceof Error
      ? { errorType: value.name, errorMessage: value.message, ...value, stack: (value.stack ?? '').split('\n') }
      : value;
  const id = requestId ?? 'undefined';
  process.stdout.write(`${new Date().toISOString()}\t${id}\tERROR\t${title}\t${JSON.stringify(error, printable)}\n`);
}

async function fail(title, error, exitCode) {
  printError(title, error);
  const path = requestId === undefined ? 'init/error' : `invocation/${requestId}/error`;
  await call('POST', path, JSON.stringify(errorBody(error))).catch(() => {});
  process.exit(exitCode);
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

async function loadHandler() {
  const [file, name] = process.env._HANDLER.split('.');
  const path = ['.mjs', '.js', '.cjs'].map((end) => join(process.env.LAMBDA_TASK_ROOT, file + end)).find(existsSync);
  if (path === undefined) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
  const module = await import(pathToFileURL(path).href);
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${process.env._HANDLER} is undefined or not exported`);
  }
  // nodejs24.x dropped callbacks: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
  if (handler.length > 2) {
    throw named('Runtime.CallbackHandlerDeprecated', 'Callback-based handlers are not supported by nodejs24.x');
  }
  return handler;
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

// The simulator is gone, however it ended. Without this, printing the broken pipe's error would break the pipe again.
process.stdin.resume().once('end', () => process.exit(1));
process.stdout.once('error', () => process.exit(1));

process.on('uncaughtException', (error) => fail('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason) =>
  fail('Unhandled Promise Rejection', named('Runtime.UnhandledPromiseRejection', String(reason)), 128),
);

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  await fail('Uncaught Exception', error, 1);
}

for (;;) {
  const next = await call('GET', 'invocation/next').catch(() => process.exit(0));
  requestId = next.headers['lambda-runtime-aws-request-id'];
  let outcome = 'response';
  let body;
  try {
    body = JSON.stringify((await handler(JSON.parse(next.body), contextOf(next.headers))) ?? null);
  } catch (error) {
    printError('Invoke Error', error);
    outcome = 'error';
    body = JSON.stringify(errorBody(error));
  }
  await call('POST', `invocation/${requestId}/${outcome}`, body);
  requestId = undefined;
}
