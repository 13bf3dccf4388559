/** A Task's Resource, taken apart. */
export interface Integration {
  /** As the history says it: `lambda`, `aws-sdk:secretsmanager`. */
  resourceType: string;
  /** `invoke`, `startExecution.sync:2`, `rotateSecret` */
  resource: string;
  /** Of a Resource that is a function's own ARN. */
  functionArn?: string;
}

const optimized = new Set([
  'lambda:invoke',
  'sns:publish',
  'states:startExecution',
  'states:startExecution.sync',
  'states:startExecution.sync:2',
]);

/** https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html; undefined for what is not simulated. */
export function integrationOf(arn: string): Integration | undefined {
  if (/^arn:aws:lambda:[^:]+:\d+:function:/.test(arn)) {
    return { resourceType: 'lambda', resource: 'function', functionArn: arn };
  }
  const [, service] = /^arn:aws:states:(?:[^:]*):(?:[^:]*):(.+)$/.exec(arn) ?? [];
  if (service === undefined) return undefined;
  const [, sdkService, action] = /^aws-sdk:([a-z0-9]+):([A-Za-z0-9]+)$/.exec(service) ?? [];
  if (sdkService !== undefined && action !== undefined) {
    return { resourceType: `aws-sdk:${sdkService}`, resource: action };
  }
  if (!optimized.has(service)) return undefined;
  const [resourceType = '', ...resource] = service.split(':');
  return { resourceType, resource: resource.join(':') };
}
