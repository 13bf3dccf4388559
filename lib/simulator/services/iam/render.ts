import type { Role, User } from '../../iam/identity-store.ts';

export function renderTags(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

export function renderUser(user: User) {
  return {
    Path: user.path,
    UserName: user.userName,
    UserId: user.userId,
    Arn: user.arn,
    CreateDate: new Date(user.createdAtMs),
    Tags: user.tags.size > 0 ? renderTags(user.tags) : undefined,
  };
}

export function renderRole(role: Role) {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: new Date(role.createdAtMs),
    // "URL-encoded compliant with RFC 3986"
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(role.trustPolicy.latest)),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    Tags: role.tags.size > 0 ? renderTags(role.tags) : undefined,
  };
}
