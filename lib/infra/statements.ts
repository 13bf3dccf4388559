import { Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Statement } from '../core/statement.ts';

/** A statement with the reason for its wildcards, where it has any; cdk-nag wants one. */
export interface Grant extends Statement {
  why?: string;
}

export function policyOf(grants: readonly Statement[], denials: readonly Statement[] = []): PolicyDocument {
  return new PolicyDocument({
    statements: [
      ...grants.map((grant) => statementOf(grant)),
      ...denials.map((denial) => {
        const statement = statementOf(denial);
        statement.effect = Effect.DENY;
        return statement;
      }),
    ],
  });
}

function statementOf({ actions, resources, conditions }: Statement): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions }),
  });
}
