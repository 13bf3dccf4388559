import type { Execution, StateMachineRecord } from './execution.ts';

export function listExecution(execution: Execution): Record<string, unknown> {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machine.arn,
    name: execution.name,
    status: execution.status,
    startDate: new Date(execution.startedAtMs),
    ...(execution.stoppedAtMs !== undefined && { stopDate: new Date(execution.stoppedAtMs) }),
  };
}

export function describeExecution(execution: Execution): Record<string, unknown> {
  return {
    ...listExecution(execution),
    input: execution.input,
    inputDetails: { included: true },
    ...(execution.output !== undefined && { output: execution.output, outputDetails: { included: true } }),
    ...execution.failure,
    redriveCount: 0,
  };
}

export function listStateMachine(machine: StateMachineRecord): Record<string, unknown> {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    type: 'STANDARD',
    creationDate: new Date(machine.createdAtMs),
  };
}

export function describeStateMachine(machine: StateMachineRecord): Record<string, unknown> {
  return { ...listStateMachine(machine), status: 'ACTIVE', definition: machine.definition, roleArn: machine.roleArn };
}
