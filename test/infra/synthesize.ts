import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { KeyturnStack } from '../../lib/infra/stacks/keyturn-stack.ts';
import { compileInventory } from '../../lib/inventory/compile.ts';
import type { Inventory } from '../../lib/inventory/types.ts';

const context = { ...cdkJson.context, '@aws-cdk/core:validateAgainstDefaultRules': false };

/**
 * The stack of an inventory, without its functions' code. CDK's own validation of the template takes seconds; the test
 * of the app has it switched on.
 */
export function stackOf(inventory: Inventory): KeyturnStack {
  return new KeyturnStack(new App({ context }), 'Keyturn', {
    inventory,
    entries: compileInventory(inventory),
    codeOf: () => Code.fromInline('// bundled at synth'),
  });
}

export function templateOf(inventory: Inventory): Template {
  return Template.fromStack(stackOf(inventory));
}

export interface PolicyStatement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

interface RoleProperties {
  Policies?: { PolicyDocument: { Statement: PolicyStatement[] } }[];
  ManagedPolicyArns?: unknown[];
}

/** Every role's inline statements, by its logical id. */
export function statementsByRole(template: Template): Record<string, PolicyStatement[]> {
  const roles = template.findResources('AWS::IAM::Role') as Record<string, { Properties: RoleProperties }>;
  return Object.fromEntries(
    Object.entries(roles).map(([id, { Properties }]) => [
      id,
      (Properties.Policies ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    ]),
  );
}

/** The statements of a function's role, by the function's name. */
export function statementsOf(template: Template, functionName: string): PolicyStatement[] {
  const [fn] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { FunctionName: functionName } }),
  );
  const roleId: string = fn?.['Properties'].Role['Fn::GetAtt'][0];
  return statementsByRole(template)[roleId] ?? [];
}

/** What a function may do, as `service:Action`, sorted. */
export function actionsOf(template: Template, functionName: string): string[] {
  const allowed = statementsOf(template, functionName).filter(({ Effect }) => Effect === 'Allow');
  return [...new Set(allowed.flatMap(({ Action }) => Action))].sort();
}
