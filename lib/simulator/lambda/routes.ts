import type { Wire } from '../types.ts';

/** Lambda's REST protocol. https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
export const lambdaWire: Wire = {
  protocol: 'rest-json',
  routes: [
    {
      operation: 'Invoke',
      method: 'POST',
      path: '/2015-03-31/functions/{FunctionName}/invocations',
      query: { Qualifier: 'Qualifier' },
      headers: { 'x-amz-invocation-type': 'InvocationType', 'x-amz-log-type': 'LogType' },
      payload: 'Payload',
      response: {
        statusMember: 'StatusCode',
        headers: {
          'x-amz-function-error': 'FunctionError',
          'x-amz-executed-version': 'ExecutedVersion',
          'x-amz-log-result': 'LogResult',
        },
        payload: 'Payload',
      },
    },
    {
      operation: 'GetFunction',
      method: 'GET',
      path: '/2015-03-31/functions/{FunctionName}',
      query: { Qualifier: 'Qualifier' },
    },
    {
      operation: 'GetFunctionConfiguration',
      method: 'GET',
      path: '/2015-03-31/functions/{FunctionName}/configuration',
      query: { Qualifier: 'Qualifier' },
    },
    {
      operation: 'GetPolicy',
      method: 'GET',
      path: '/2015-03-31/functions/{FunctionName}/policy',
      query: { Qualifier: 'Qualifier' },
    },
    {
      operation: 'ListFunctions',
      method: 'GET',
      path: '/2015-03-31/functions',
      query: { Marker: 'Marker', MaxItems: 'MaxItems' },
    },
    // The path as older clients have it, the aws CLI of Debian among them.
    {
      operation: 'ListFunctions',
      method: 'GET',
      path: '/2015-03-31/functions/',
      query: { Marker: 'Marker', MaxItems: 'MaxItems' },
    },
  ],
};
