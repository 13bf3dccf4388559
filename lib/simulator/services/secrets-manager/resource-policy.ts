import { malformation } from '../../iam/policy-engine.ts';
import { AwsError, type Operation, type Service } from '../../types.ts';
import { needOn, present } from './needs.ts';
import { identity } from './secret.ts';
import type { SecretStore } from './store.ts';

export function resourcePolicyOperations(store: SecretStore): Service['operations'] {
  const putPolicy: Operation<{ SecretId: string; ResourcePolicy: string; BlockPublicPolicy?: boolean }> = {
    needs: (input) => [
      needOn(
        store,
        'PutResourcePolicy',
        input.SecretId,
        present({ 'secretsmanager:BlockPublicPolicy': input.BlockPublicPolicy }),
      ),
    ],
    async run(input) {
      const secret = store.findLive(input.SecretId);
      secret.resourcePolicy = await parsedPolicy(input.ResourcePolicy);
      return identity(secret);
    },
  };
  const getPolicy: Operation<{ SecretId: string }> = {
    needs: (input) => [needOn(store, 'GetResourcePolicy', input.SecretId)],
    run(input) {
      const secret = store.findLive(input.SecretId);
      const { resourcePolicy: policy } = secret;
      return { ...identity(secret), ResourcePolicy: policy === undefined ? undefined : JSON.stringify(policy) };
    },
  };
  const deletePolicy: Operation<{ SecretId: string }> = {
    needs: (input) => [needOn(store, 'DeleteResourcePolicy', input.SecretId)],
    run(input) {
      const secret = store.findLive(input.SecretId);
      secret.resourcePolicy = undefined;
      return identity(secret);
    },
  };
  return { PutResourcePolicy: putPolicy, GetResourcePolicy: getPolicy, DeleteResourcePolicy: deletePolicy };
}

async function parsedPolicy(text: string): Promise<unknown> {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw new AwsError('MalformedPolicyDocumentException', 'This resource policy is not valid JSON.');
  }
  const problem = await malformation(policy, 'resource');
  if (problem !== undefined) throw new AwsError('MalformedPolicyDocumentException', problem);
  return policy;
}
