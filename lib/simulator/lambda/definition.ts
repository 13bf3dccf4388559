/** A deployed function: what CreateFunction would have been told. */
export interface FunctionDefinition {
  name: string;
  arn: string;
  roleArn: string;
  /** `nodejs24.x` */
  runtime: string;
  /** `index.handler` */
  handler: string;
  /** The unpacked code, such as an asset folder of a cloud assembly. */
  codeFolder: string;
  timeoutSeconds: number;
  memoryMegabytes: number;
  environment: Readonly<Record<string, string>>;
  architecture: string;
  description: string;
  /** `/aws/lambda/<name>` unless the function says otherwise. */
  logGroupName: string;
  /** Undefined: the account's pool. */
  reservedConcurrency: number | undefined;
}

/** How an invocation that reached the function ended: Invoke's payload and FunctionError. */
export interface Outcome {
  payload: string;
  functionError?: 'Unhandled';
}

/** Lambda's own error shape, as the payload of a failed invocation. */
export function failure(errorType: string, errorMessage: string): Outcome {
  return { functionError: 'Unhandled', payload: JSON.stringify({ errorType, errorMessage }) };
}
