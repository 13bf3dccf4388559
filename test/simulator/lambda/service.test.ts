import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lambda, registerLambda } from '../../../lib/simulator/lambda/lambda.ts';
import { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import { Sts } from '../../../lib/simulator/services/sts/sts.ts';
import { createWorld, type SimulatedWorld, servicePrincipal } from '../../../lib/simulator/world.ts';
import { clientConfig, eventually, roleSession, trusting, userWithKey } from '../support/actors.ts';
import { definitionOf, folderFor } from './function-folder.ts';

let world: SimulatedWorld;
let lambda: Lambda;
let client: LambdaClient;

beforeAll(async () => {
  world = createWorld({ region: 'eu-central-1' });
  world.register(new Iam(world));
  world.register(new Sts(world));
  lambda = registerLambda(world);
  await world.listen();
  client = new LambdaClient(clientConfig(world));
  await deploy('echo', 'export const handler = async (event, { awsRequestId }) => ({ event, awsRequestId });');
});
afterAll(() => world.close());

async function deploy(name: string, code: string, more: Parameters<typeof definitionOf>[1] = {}) {
  const role = await world
    .service<Iam>('iam')
    .createRole({ roleName: name, trustPolicy: trusting('lambda.amazonaws.com') });
  lambda.create(definitionOf(name, { codeFolder: await folderFor(code), roleArn: role.arn, ...more }));
}

async function invoke(FunctionName: string, event: unknown, from = client) {
  const output = await from.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return { ...output, Payload: JSON.parse(output.Payload?.transformToString() ?? 'null') };
}

describe('Invoke (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)', () => {
  it.each([
    'echo',
    'echo:$LATEST',
    'arn:aws:lambda:eu-central-1:123456789012:function:echo',
    '123456789012:function:echo',
  ])('takes a function by name or ARN: %s', async (name) => {
    const output = await invoke(name, { a: 1 });
    expect(output).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(output.FunctionError).toBeUndefined();
    expect(output.Payload.event).toEqual({ a: 1 });
  });

  it('answers a function that throws with 200 and FunctionError', async () => {
    await deploy('thrower', 'export async function handler() { throw new RangeError("too far"); }');
    const output = await invoke('thrower', {});
    expect(output).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(output.Payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
  });

  it('runs a function without a payload on an empty object', async () => {
    const output = await client.send(new InvokeCommand({ FunctionName: 'echo' }));
    expect(JSON.parse(output.Payload?.transformToString() ?? '')).toMatchObject({ event: {} });
  });

  it('accepts an Event with 202 before the function has run', async () => {
    await deploy('printer', 'export async function handler(event) { console.log("printed " + event.word); }');
    const output = await client.send(
      new InvokeCommand({ FunctionName: 'printer', InvocationType: 'Event', Payload: '{"word":"later"}' }),
    );
    expect(output.StatusCode).toBe(202);
    await eventually(() => expect(lambda.logs('printer')).toContain('printed later'));
  });

  it('does not know a function that is not there', async () => {
    await expect(invoke('nobody', {})).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:eu-central-1:123456789012:function:nobody',
    });
  });

  it('refuses what is not JSON', async () => {
    await expect(client.send(new InvokeCommand({ FunctionName: 'echo', Payload: '{' }))).rejects.toMatchObject({
      name: 'InvalidRequestContentException',
    });
  });

  it('is throttled beyond the reserved concurrency', async () => {
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    const code = 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 500));';
    await deploy('single', code, { reservedConcurrency: 1 });
    const outcomes = await Promise.allSettled([invoke('single', {}), invoke('single', {})]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      name: 'TooManyRequestsException',
    });
  });

  it('fails when Lambda cannot assume the execution role', async () => {
    await deploy('orphan', 'export const handler = async () => 1;', { roleArn: 'arn:aws:iam::123456789012:role/none' });
    await expect(invoke('orphan', {})).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'The role defined for the function cannot be assumed by Lambda.',
    });
  });
});

describe('the execution role', () => {
  it('is who a function is, with credentials that the simulator accepts', async () => {
    const code = `
      import { createHash, createHmac } from 'node:crypto';
      const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
      const sha = (text) => createHash('sha256').update(text).digest('hex');
      export async function handler() {
        const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
        const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = process.env;
        const at = new Date().toISOString().replace(/[-:]|\\.\\d+/g, '');
        const day = at.slice(0, 8);
        const body = 'Action=GetCallerIdentity&Version=2011-06-15';
        const host = new URL(endpoint).host;
        const canonical = ['POST', '/', '', 'host:' + host, 'x-amz-date:' + at, 'x-amz-security-token:' + token, '',
          'host;x-amz-date;x-amz-security-token', sha(body)].join('\\n');
        const scope = [day, region, 'sts', 'aws4_request'].join('/');
        const toSign = ['AWS4-HMAC-SHA256', at, scope, sha(canonical)].join('\\n');
        const key = ['sts', 'aws4_request'].reduce(hmac, hmac(hmac('AWS4' + secret, day), region));
        const signature = createHmac('sha256', key).update(toSign).digest('hex');
        const response = await fetch(endpoint, { method: 'POST', body, headers: {
          'content-type': 'application/x-www-form-urlencoded', 'x-amz-date': at, 'x-amz-security-token': token,
          authorization: 'AWS4-HMAC-SHA256 Credential=' + id + '/' + scope +
            ', SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=' + signature } });
        return response.text();
      }`;
    await deploy('whoami', code);
    expect((await invoke('whoami', {})).Payload).toContain(
      '<Arn>arn:aws:sts::123456789012:assumed-role/whoami/whoami</Arn>',
    );
  });
});

describe('who may invoke (https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html)', () => {
  const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf';

  it('is a user whom IAM allows it', async () => {
    const stranger = new LambdaClient(clientConfig(world, await userWithKey(world, 'stranger')));
    await expect(invoke('echo', {}, stranger)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda',
      ),
    });
    const statement = { Action: 'lambda:InvokeFunction', Resource: 'arn:aws:lambda:*:*:function:echo' };
    const { credentials } = await roleSession(world, 'friend', statement);
    expect((await invoke('echo', {}, new LambdaClient(clientConfig(world, credentials)))).StatusCode).toBe(200);
  });

  it('is a service only with a permission, and only for the account and resource that it names', async () => {
    await deploy('rotate', 'export const handler = async () => 1;');
    const asService = (sourceArn?: string) =>
      world.perform(servicePrincipal(world, 'secretsmanager.amazonaws.com', sourceArn), 'lambda', 'Invoke', {
        FunctionName: 'rotate',
      });
    await expect(asService(secretArn)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    lambda.addPermission('rotate', {
      statementId: 'other-account',
      action: 'lambda:InvokeFunction',
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: '999999999999',
    });
    await expect(asService(secretArn)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    lambda.addPermission('rotate', {
      statementId: 'ours',
      action: 'lambda:InvokeFunction',
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: '123456789012',
      sourceArn: secretArn,
    });
    await expect(asService(`${secretArn}2`)).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(await asService(secretArn)).toMatchObject({ StatusCode: 200 });
  });
});

describe('what a function is', () => {
  it('is told by GetFunction, GetFunctionConfiguration and ListFunctions', async () => {
    const expected = { FunctionName: 'echo', Runtime: 'nodejs24.x', Timeout: 3, State: 'Active' };
    expect((await client.send(new GetFunctionCommand({ FunctionName: 'echo' }))).Configuration).toMatchObject(expected);
    expect(await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'echo' }))).toMatchObject(expected);
    const { Functions = [] } = await client.send(new ListFunctionsCommand({}));
    expect(Functions.map(({ FunctionName }) => FunctionName)).toContain('echo');
  });

  it('cannot declare a reserved variable (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)', () => {
    const definition = definitionOf('reserved', { environment: { AWS_REGION: 'x' } });
    expect(() => lambda.create(definition)).toThrow(/reserved keys .*: AWS_REGION/);
  });
});

describe('a function that is watched', () => {
  it('tells of each event that it is given', async () => {
    await deploy('watched', 'export const handler = () => "done";');
    const heard: unknown[] = [];
    lambda.watch('watched', (event) => heard.push(event));
    await invoke('watched', { Step: 'createSecret' });
    await invoke('watched', { Step: 'setSecret' });
    expect(heard).toEqual([{ Step: 'createSecret' }, { Step: 'setSecret' }]);
  });
});

describe('the fault', () => {
  it('kills a process in the middle of the invocation that is meant, once', async () => {
    const code = 'export const handler = () => new Promise((resolve) => setTimeout(() => resolve("done"), 300));';
    await deploy('victim', code);
    lambda.killDuring('victim', (event) => (event as { Step?: string }).Step === 'setSecret' && 20);
    expect((await invoke('victim', { Step: 'createSecret' })).Payload).toBe('done');
    const killed = await invoke('victim', { Step: 'setSecret' });
    expect(killed.FunctionError).toBe('Unhandled');
    expect(killed.Payload.errorMessage).toMatch(/Error: Runtime exited with error: signal: killed$/);
    expect((await invoke('victim', { Step: 'setSecret' })).Payload).toBe('done');
  });
});
