import { createUser, liveKeys, putPolicy } from '../../iam/create.ts';
import { AwsError, type Operation } from '../../types.ts';
import type { Iam } from './iam.ts';
import { parsePolicy } from './policy-text.ts';
import { renderTags, renderUser } from './render.ts';

interface Tag {
  Key: string;
  Value: string;
}

interface UserInput {
  UserName?: string;
  Path?: string;
  Tags?: Tag[];
  TagKeys?: string[];
  PolicyName?: string;
  PolicyDocument?: string;
}

export function userOperations(iam: Iam): Record<string, Operation<UserInput>> {
  const onUser = (operation: string, run: Operation<UserInput>['run']): Operation<UserInput> => ({
    needs: (input, call) => iam.needUser(`iam:${operation}`, input.UserName, call),
    run,
  });
  return {
    CreateUser: onUser('CreateUser', async ({ UserName: userName = '', Path: path = '/', Tags = [] }) => ({
      User: renderUser(await createUser(iam.identities, { userName, path, tags: tagRecord(Tags) }, iam.later())),
    })),
    GetUser: onUser('GetUser', (input, call) => ({ User: renderUser(iam.userOf(input.UserName, call)) })),
    DeleteUser: onUser('DeleteUser', (input, call) => {
      const user = iam.userOf(input.UserName, call);
      if (liveKeys(user).length > 0) {
        throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete access keys first.', 409);
      }
      if (Object.keys(user.policies.latest).length > 0) {
        throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
      }
      iam.identities.users.delete(user.userName);
      return {};
    }),
    TagUser: onUser('TagUser', (input, call) => {
      const user = iam.userOf(input.UserName, call);
      for (const { Key, Value } of input.Tags ?? []) user.tags.set(Key, Value);
      return {};
    }),
    UntagUser: onUser('UntagUser', (input, call) => {
      const user = iam.userOf(input.UserName, call);
      for (const key of input.TagKeys ?? []) user.tags.delete(key);
      return {};
    }),
    ListUserTags: onUser('ListUserTags', (input, call) => ({
      Tags: renderTags(iam.userOf(input.UserName, call).tags),
      IsTruncated: false,
    })),
    PutUserPolicy: onUser('PutUserPolicy', async (input, call) => {
      const user = iam.userOf(input.UserName, call);
      await putPolicy(user, input.PolicyName ?? '', parsePolicy(input.PolicyDocument), iam.later());
      return {};
    }),
  };
}

export function tagRecord(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
