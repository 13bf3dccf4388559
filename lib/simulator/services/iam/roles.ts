import { createRole, putPolicy } from '../../iam/create.ts';
import { noSuchEntity } from '../../iam/identity-store.ts';
import type { Operation } from '../../types.ts';
import type { Iam } from './iam.ts';
import { parsePolicy } from './policy-text.ts';
import { renderRole } from './render.ts';
import { tagRecord } from './users.ts';

interface RoleInput {
  RoleName?: string;
  Path?: string;
  Description?: string;
  AssumeRolePolicyDocument?: string;
  MaxSessionDuration?: string;
  Tags?: { Key: string; Value: string }[];
  PolicyName?: string;
  PolicyDocument?: string;
}

export function roleOperations(iam: Iam): Record<string, Operation<RoleInput>> {
  const onRole = (operation: string, run: Operation<RoleInput>['run']): Operation<RoleInput> => ({
    needs: (input, call) => iam.needRole(`iam:${operation}`, input.RoleName, call),
    run,
  });
  return {
    CreateRole: onRole('CreateRole', async (input) => {
      const role = await createRole(
        iam.identities,
        {
          roleName: input.RoleName ?? '',
          path: input.Path ?? '/',
          trustPolicy: parsePolicy(input.AssumeRolePolicyDocument),
          maxSessionSeconds: Number(input.MaxSessionDuration ?? 3600),
          tags: tagRecord(input.Tags ?? []),
          ...(input.Description !== undefined && { description: input.Description }),
        },
        iam.later(),
      );
      return { Role: renderRole(role) };
    }),
    GetRole: onRole('GetRole', (input) => ({ Role: renderRole(iam.identities.role(input.RoleName ?? '')) })),
    PutRolePolicy: onRole('PutRolePolicy', async (input) => {
      const role = iam.identities.role(input.RoleName ?? '');
      await putPolicy(role, input.PolicyName ?? '', parsePolicy(input.PolicyDocument), iam.later());
      return {};
    }),
    GetRolePolicy: onRole('GetRolePolicy', (input) => {
      const role = iam.identities.role(input.RoleName ?? '');
      const policy = role.policies.latest[input.PolicyName ?? ''];
      if (!policy) throw noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`);
      return {
        RoleName: role.roleName,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeURIComponent(JSON.stringify(policy)),
      };
    }),
  };
}
