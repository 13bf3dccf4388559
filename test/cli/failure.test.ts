import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { namedError } from '../../lib/aws/named-error.ts';
import { failureOf } from '../../lib/cli/failure.ts';
import { inTurns } from '../../lib/cli/in-turns.ts';
import { nearest } from '../../lib/cli/nearest.ts';
import { KeyturnError } from '../../lib/core/errors.ts';

function sdkError(name: string, message: string, more: object = {}): KeyturnError {
  return namedError(Object.assign(new Error(message), { name, ...more }), 'DescribeSecret shop/db');
}

describe('what is said of an error', () => {
  it.each<[string, unknown, number, string | undefined]>([
    ['help', new CommanderError(0, 'commander.helpDisplayed', ''), 0, undefined],
    ['the version', new CommanderError(0, 'commander.version', '1.0.0'), 0, undefined],
    ['no command', new CommanderError(1, 'commander.help', ''), 2, undefined],
    ['an unknown option', new CommanderError(1, 'commander.unknownOption', ''), 2, undefined],
    ['an open rollout', new KeyturnError('RolloutStillOpen', 'db: open'), 1, 'db: open'],
    ['wrong input', new KeyturnError('InvalidInput', 'no'), 2, 'no'],
    ['throttling', sdkError('ThrottlingException', 'Rate exceeded'), 1, expect.stringContaining('Rate exceeded')],
    ['an expired log-in', sdkError('ExpiredTokenException', '…'), 2, expect.stringContaining('log in again')],
    ['no credentials', sdkError('CredentialsProviderError', '…'), 2, expect.stringContaining('no AWS credentials')],
    ['no Region', sdkError('Error', 'Region is missing'), 2, expect.stringContaining('--region')],
    ['no answer', sdkError('Error', 'x', { code: 'ECONNREFUSED' }), 2, expect.stringContaining('--endpoint-url')],
    ['a defect', new TypeError('x is not\na function'), 1, 'unexpected TypeError: x is not a function'],
    ['something thrown', 'oops', 1, 'unexpected string: oops'],
  ])('%s', (_, error, exitCode, line) => {
    expect(failureOf(error)).toMatchObject({ exitCode, line });
  });

  it('names the action that a denied call needs', () => {
    const said = 'User: arn:aws:iam::1:user/x is not authorized to perform: secretsmanager:RotateSecret on resource: y';
    const { exitCode, line } = failureOf(sdkError('AccessDeniedException', said));
    expect({ exitCode, line }).toEqual({ exitCode: 2, line: expect.stringContaining('secretsmanager:RotateSecret') });
  });

  it('tells of causes their names and codes, never their messages', () => {
    const cause = Object.assign(new Error('password=hunter2'), { code: '28P01', cause: new Error('hunter2') });
    const { line, causes } = failureOf(new KeyturnError('TargetFailed', 'db: failed', { cause }));
    expect({ line, causes }).toEqual({ line: 'db: failed', causes: ['28P01', 'Error'] });
  });

  it('ends with causes that go round in a circle', () => {
    const cause = new Error('a') as Error & { cause?: unknown };
    cause.cause = cause;
    expect(failureOf(new KeyturnError('TargetFailed', 'db', { cause })).causes).toHaveLength(5);
  });
});

describe('the name that was meant', () => {
  const names = ['buywhere/db/app', 'buywhere/aws/uploader', 'shop/db'];
  it.each([
    ['buywhere/db/ap', 'buywhere/db/app'],
    ['BUYWHERE/DB/APP', 'buywhere/db/app'],
    ['uploader', 'buywhere/aws/uploader'],
    ['buywhere/aws/uplaoder', 'buywhere/aws/uploader'],
    ['shop/bd', 'shop/db'],
    ['payments/token', undefined],
    ['db', undefined],
    ['', undefined],
  ])('for %j is %j', (word, name) => expect(nearest(word, names)).toBe(name));
});

describe('work in turns', () => {
  it('has at most so many at a time, and answers in order', async () => {
    let [now, most] = [0, 0];
    const results = await inTurns([5, 4, 3, 2, 1], 2, async (item) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return item * 10;
    });
    expect({ results, most }).toEqual({ results: [50, 40, 30, 20, 10], most: 2 });
  });

  it('begins nothing new after a failure', async () => {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      if (item === 1) throw new Error('no');
      await new Promise((resolve) => setImmediate(resolve));
    };
    await expect(inTurns([1, 2, 3, 4], 2, work)).rejects.toThrow('no');
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([1, 2]);
  });
});
