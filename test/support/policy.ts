import type { Statement } from '../../lib/core/statement.ts';

/** A kind's statements as an IAM policy. */
export function policyOf(statements: readonly Statement[]) {
  const Statement = statements.map(({ actions, resources, conditions }) => ({
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(conditions && { Condition: conditions }),
  }));
  // IAM takes no policy without a statement.
  const nothing = { Effect: 'Deny', Action: 'iam:DeleteUser', Resource: '*' };
  return { Version: '2012-10-17', Statement: Statement.length > 0 ? Statement : [nothing] };
}
