import { retryableCodes } from '../../core/errors.ts';

/** One ASL state, JSONPath. https://states-language.net/spec.html */
export type State = Readonly<Record<string, unknown>>;
export type States = Record<string, State>;

export interface Route {
  errors: readonly string[];
  next: string;
  /** Where the error is put. Default `$.failure`, which the record tells. */
  as?: string;
}

/**
 * Lambda's own passing faults, and the conditions that can heal without a human. 2 s, doubled five times:
 * 2 + 4 + 8 + 16 + 32 = 62 s. https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
const retry = [
  {
    ErrorEquals: [
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.TooManyRequestsException',
      'Lambda.Unknown',
      // A process that died: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
      'Runtime.ExitError',
      'Sandbox.Timedout',
      ...retryableCodes,
    ],
    IntervalSeconds: 2,
    MaxAttempts: 5,
    BackoffRate: 2,
  },
];

/** Invokes a function; its answer stands at `$.<as>`. `functionArn` is an ARN, or a path such as `$.plan.retireFunctionArn`. */
export function task(
  functionArn: string,
  payload: object,
  as: string | null,
  next: string,
  routes: readonly Route[] = [],
): State {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { ...field('FunctionName', functionArn), Payload: payload },
    ResultSelector: { 'answer.$': '$.Payload' },
    ResultPath: as === null ? null : `$.${as}`,
    Retry: retry,
    ...catching(routes),
    Next: next,
  };
}

/** A literal, or what stands at a path. */
export function field(name: string, value: string): Record<string, string> {
  return value.startsWith('$.') ? { [`${name}.$`]: value } : { [name]: value };
}

export function catching(routes: readonly Route[]): { Catch?: object[] } {
  if (routes.length === 0) return {};
  return {
    Catch: routes.map(({ errors, next, as = 'failure' }) => ({
      ErrorEquals: errors,
      ResultPath: `$.${as}`,
      Next: next,
    })),
  };
}

/** Puts a literal or selected object at `$.<as>`. */
export function set(as: string, parameters: object, next: string): State {
  return { Type: 'Pass', Parameters: parameters, ResultPath: `$.${as}`, Next: next };
}

export function wait(secondsPath: string, next: string): State {
  return { Type: 'Wait', SecondsPath: secondsPath, Next: next };
}

/** One rule of a choice: the text at `path`. */
export function is(path: string, value: string, next: string): object {
  return { Variable: path, StringEquals: value, Next: next };
}

/** Goes where the first rule that holds says. */
export function when(rules: readonly object[], otherwise: string): State {
  return { Type: 'Choice', Choices: rules, Default: otherwise };
}

/** Goes where the text at `path` says. */
export function choose(path: string, by: Record<string, string>, otherwise: string): State {
  return when(
    Object.entries(by).map(([value, next]) => is(path, value, next)),
    otherwise,
  );
}
