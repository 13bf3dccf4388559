import type { InvokeOutput } from '../lambda/lambda.ts';
import type { Principal } from '../types.ts';
import type { SimulatedWorld } from '../world.ts';
import type { Integration } from './integration.ts';
import { sdkCall, sdkPrefix, upperFirst } from './sdk-call.ts';
import { serviceError, TaskError } from './task-error.ts';

/** What a task acts with. */
export interface TaskCaller {
  world: SimulatedWorld;
  /** A session of the machine's role. */
  principal: Principal;
  /** Resolves when an execution that this one started is closed. */
  closed(executionArn: string): Promise<void>;
}

type Parameters = Record<string, unknown>;

/** Calls what a Task's Resource names, as the machine's role. @throws TaskError */
export function callTask(caller: TaskCaller, integration: Integration, parameters: unknown): Promise<unknown> {
  const given = (parameters ?? {}) as Parameters;
  const { resourceType, resource, functionArn } = integration;
  if (functionArn !== undefined) return callFunction(caller, functionArn, parameters);
  if (resourceType === 'lambda') return invoke(caller, given);
  if (resourceType === 'sns') return publish(caller, given);
  if (resourceType === 'states') return startExecution(caller, resource, given);
  return callSdk(caller, resourceType.replace('aws-sdk:', ''), resource, given);
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html */
function callSdk({ world, principal }: TaskCaller, sdkName: string, action: string, parameters: Parameters) {
  return sdkCall(world, principal, { sdkName, action, parameters }).catch((error: unknown) => {
    throw serviceError(sdkPrefix(sdkName), `${sdkPrefix(sdkName)}Exception`, error);
  });
}

async function callFunction(caller: TaskCaller, functionArn: string, payload: unknown): Promise<unknown> {
  return (await invoke(caller, { FunctionName: functionArn, Payload: payload })).Payload;
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html */
async function invoke({ world, principal }: TaskCaller, parameters: Parameters) {
  const { Payload: payload, ...rest } = parameters;
  const output = (await world
    .perform(principal, 'lambda', 'Invoke', { ...rest, Payload: JSON.stringify(payload ?? {}) })
    .catch((error: unknown) => {
      throw serviceError('Lambda', 'AWSLambdaException', error);
    })) as InvokeOutput;
  const text = output.Payload === undefined ? '' : Buffer.from(output.Payload).toString('utf8');
  if (output.FunctionError !== undefined) {
    const { errorType } = JSON.parse(text) as { errorType?: string };
    throw new TaskError(errorType ?? 'Lambda.Unknown', text);
  }
  return {
    ExecutedVersion: output.ExecutedVersion ?? '$LATEST',
    Payload: (text === '' ? {} : JSON.parse(text)) as unknown,
    StatusCode: output.StatusCode,
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html: a Message that is no string is sent as JSON. */
async function publish({ world, principal }: TaskCaller, parameters: Parameters): Promise<unknown> {
  const { Message: message } = parameters;
  const Message = typeof message === 'string' ? message : JSON.stringify(message);
  return world.perform(principal, 'sns', 'Publish', { ...parameters, Message }).catch((error: unknown) => {
    throw serviceError('SNS', 'AmazonSNSException', error);
  });
}

interface Described {
  executionArn: string;
  status: string;
  output?: string;
  [member: string]: unknown;
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html */
async function startExecution(caller: TaskCaller, resource: string, parameters: Parameters): Promise<unknown> {
  const { world, principal } = caller;
  const { StateMachineArn: stateMachineArn, Input: input, Name: name } = parameters;
  const fail = (error: unknown): never => {
    throw serviceError('StepFunctions', 'AWSStepFunctionsException', error);
  };
  const text = typeof input === 'string' ? input : JSON.stringify(input ?? {});
  const started = (await world
    .perform(principal, 'states', 'StartExecution', {
      stateMachineArn,
      input: text,
      ...(name !== undefined && { name }),
    })
    .catch(fail)) as { executionArn: string; startDate: Date };
  if (resource === 'startExecution') {
    return { ExecutionArn: started.executionArn, StartDate: started.startDate.getTime() };
  }
  await caller.closed(started.executionArn);
  const described = (await world
    .perform(principal, 'states', 'DescribeExecution', { executionArn: started.executionArn })
    .catch(fail)) as Described;
  const result = pascalCase(described);
  if (described.status !== 'SUCCEEDED') throw new TaskError('States.TaskFailed', JSON.stringify(result));
  const parsed = resource === 'startExecution.sync:2' && described.output !== undefined;
  return parsed ? { ...result, Output: JSON.parse(described.output ?? 'null') as unknown } : result;
}

function pascalCase(value: Record<string, unknown>): Record<string, unknown> {
  const plain = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(plain).map(([key, member]) => [upperFirst(key), member]));
}
