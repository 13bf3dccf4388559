import { templateOf } from '../../inventory/views.ts';
import type { Iam } from '../../simulator/services/iam/iam.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { SimulatedWorld } from '../../simulator/world.ts';
import type { DeclaredSecret } from '../stand-ins/stand-in.ts';
import type { AdminSecrets } from './admin-secrets.ts';
import { fill } from './fill.ts';

/** What the account has before Keyturn is deployed to it. */
export interface Account {
  /** Secrets' ARNs by name: those that rotate, and their views. */
  arns: Readonly<Record<string, string>>;
  executionRoleArn: string;
}

/** The secrets with their first values, and the role that injects them. What the inventory has made is left to the deployment. */
export async function setUpAccount(
  world: SimulatedWorld,
  secrets: readonly (DeclaredSecret & { firstValue: string })[],
  admins: AdminSecrets,
): Promise<Account> {
  const manager = world.service<SecretsManager>('secretsmanager');
  for (const [name, { text }] of admins.all) manager.create({ name, secretString: text });
  const arns: Record<string, string> = {};
  for (const { name, declaration, firstValue } of secrets) {
    arns[name] = manager.create({ name, secretString: firstValue });
    for (const [view, template] of Object.entries(declaration.views ?? {})) {
      const secretString = fill(templateOf(template), firstValue);
      arns[view] = manager.create({ name: view, secretString, tags: { 'keyturn:view': 'true' } });
    }
  }
  const { arn: executionRoleArn } = await world.service<Iam>('iam').createRole({
    roleName: 'task-execution',
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policies: { secrets: allow('secretsmanager:GetSecretValue', Object.values(arns)) },
  });
  return { arns, executionRoleArn };
}

function allow(action: string, resource: string[]) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] };
}
