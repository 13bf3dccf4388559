import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { KeyturnError } from '../core/errors.ts';
import { executionName } from '../core/rollout/name.ts';
import { namedError, nameOf } from './named-error.ts';
import type { RolloutRef } from './rollout-attempts.ts';

/** What a rollout that succeeded leaves as its output: the workflow's state. In an emergency that only disables, no consumer moved. */
const Output = z.object({ converged: z.optional(z.object({ answer: z.object({ atMs: z.number() }) })) });

/**
 * When a version's rollout saw its last consumer run on the version; undefined when no attempt on record succeeded. No other API
 * tells it: a version's date is when it was made, which may be long before its consumers had it. Step Functions sets an
 * execution's output only if it succeeds, and forgets an execution 90 days after its end.
 * @throws AwsUnavailable also while an attempt runs
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export async function settledAt(
  client: SFNClient,
  machineArn: string,
  { secretArn, versionId }: RolloutRef,
  abortSignal: AbortSignal,
): Promise<number | undefined> {
  const executions = machineArn.replace(':stateMachine:', ':execution:');
  for (let attempt = 1; ; attempt++) {
    const executionArn = `${executions}:${executionName(secretArn, versionId, attempt)}`;
    try {
      const answer = await client.send(new DescribeExecutionCommand({ executionArn }), { abortSignal });
      if (answer.status === 'SUCCEEDED') return Output.parse(JSON.parse(answer.output ?? '')).converged?.answer.atMs;
      // It writes its record after its labels are clean, and what DescribeExecution says may be old.
      if (answer.status === 'RUNNING')
        throw new KeyturnError(
          'AwsUnavailable',
          `${secretArn}: the rollout of ${versionId} has not ended yet; try again`,
        );
    } catch (error) {
      if (nameOf(error) === 'ExecutionDoesNotExist') return undefined;
      throw namedError(error, `DescribeExecution ${executionArn}`);
    }
  }
}
