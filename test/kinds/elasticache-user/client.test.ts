import { DescribeUsersCommand, ElastiCacheClient, ModifyUserCommand } from '@aws-sdk/client-elasticache';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { CacheUsers } from '../../../lib/kinds/elasticache-user/client.ts';

// What the simulator gives clumsily: throttling, lost answers, answers with holes.
process.env['AWS_REGION'] = 'eu-west-1';
const signal = new AbortController().signal;
const password = SecretValue.of('first-password-1');

describe('ElastiCache’s answer', () => {
  const api = mockClient(ElastiCacheClient);
  afterEach(() => {
    api.reset();
  });
  afterAll(() => api.restore());

  it.each([
    ['Throttling', 'TargetThrottled'],
    ['ThrottlingException', 'TargetThrottled'],
    ['AccessDenied', 'AccessDenied'],
    ['UserNotFound', 'TargetMismatch'],
    ['UserNotFoundFault', 'TargetMismatch'],
    ['InvalidParameterValueException', 'TargetUnfit'],
    ['InvalidParameterCombination', 'TargetUnfit'],
    ['AbortError', 'TargetTimeout'],
    ['TimeoutError', 'TargetTimeout'],
    ['ServiceLinkedRoleNotFoundFault', 'TargetFailed'],
  ])('%s is %s, and neither its message nor the error itself is kept', async (name, code) => {
    const error = Object.assign(new Error('with the details of first-password-1'), { name });
    api.on(DescribeUsersCommand).rejects(error);
    api.on(ModifyUserCommand).rejects(error);
    const calls = [
      new CacheUsers().describe('app', signal),
      new CacheUsers().statePasswords('app', [password], signal),
    ];
    for (const call of calls) {
      const failure: unknown = await call.catch((reason: unknown) => reason);
      expect(failure).toMatchObject({
        code,
        message: expect.stringMatching(`for the ElastiCache user app ended with`),
      });
      expect((failure as Error).message).not.toContain('password-1');
      expect(failure).not.toHaveProperty('cause');
    }
  });

  it.each(['InvalidUserState', 'InvalidUserStateFault'])('%s is no error: the user is busy', async (name) => {
    api.on(ModifyUserCommand).rejects(Object.assign(new Error('no'), { name }));
    expect(await new CacheUsers().statePasswords('app', [password], signal)).toBe('busy');
  });

  it('without the user that was asked for is TargetMismatch', async () => {
    for (const answer of [{}, { Users: [] }, { Users: [{ UserId: 'other', Status: 'active' }] }]) {
      api.on(DescribeUsersCommand).resolves(answer);
      await expect(new CacheUsers().describe('app', signal)).rejects.toMatchObject({ code: 'TargetMismatch' });
    }
  });

  it('with holes is none that a user could be fit by', async () => {
    api.on(DescribeUsersCommand).resolves({ Users: [{ UserId: 'app' }] });
    expect(await new CacheUsers().describe('app', signal)).toEqual({
      userName: '',
      status: '',
      authentication: '',
      passwords: 0,
    });
  });

  it('is asked for with the list of passwords and nothing else', async () => {
    api.on(ModifyUserCommand).resolves({});
    await new CacheUsers().statePasswords('app', [password, SecretValue.of('second-password-2')], signal);
    expect(api.commandCalls(ModifyUserCommand).map(({ args: [{ input }] }) => input)).toEqual([
      {
        UserId: 'app',
        AuthenticationMode: { Type: 'password', Passwords: ['first-password-1', 'second-password-2'] },
      },
    ]);
  });
});
