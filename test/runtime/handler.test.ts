import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';
import { logger } from '../../lib/runtime/logger.ts';

const context = { functionName: 'f', awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 };
const parse = (event: unknown) => {
  if (typeof event !== 'object' || event === null || !('id' in event))
    throw new Error(`not an event: ${inspect(event)}`);
  return event as { id: string; value?: string };
};
const handlerFor = (work: (event: { id: string }, signal: AbortSignal) => Promise<object>) =>
  handlerOf(parse, ({ id }) => ({ id }), work);

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ['info', 'error'] as const)
    vi.spyOn(logger, level).mockImplementation((...args) => void lines.push(JSON.stringify(args)));
});
afterEach(() => vi.restoreAllMocks());

const failureOf = (run: Promise<unknown>) =>
  run.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error as KeyturnError,
  );

describe('a function’s door', () => {
  it('logs the ids of what was done, not the event', async () => {
    expect(await handlerFor(async () => ({ answer: 1 }))({ id: 'i', value: 'canary' }, context)).toEqual({ answer: 1 });
    expect(lines.join()).toContain('"id":"i"');
    expect(lines.join()).not.toContain('canary');
  });

  it('hands on our own errors by their code, without their cause', async () => {
    const error = await failureOf(
      handlerFor(async () => {
        throw new KeyturnError('TargetUnreachable', 'db:5432 refuses', { cause: new Error('canary') });
      })({ id: 'i' }, context),
    );
    expect([error.name, error.code, error.message]).toEqual([
      'TargetUnreachable',
      'TargetUnreachable',
      'db:5432 refuses',
    ]);
    expect(inspect(error, { depth: 9, showHidden: true }) + lines.join()).not.toContain('canary');
  });

  it('shows of an unexpected error what it is and where, not what it says', async () => {
    const error = await failureOf(
      handlerFor(async () => {
        throw new TypeError('canary is not a function');
      })({ id: 'i' }, context),
    );
    expect(error.code).toBe('TargetFailed');
    expect(error.message).toContain('TypeError');
    expect(lines.join()).toContain('handler.test.ts');
    expect(inspect(error, { depth: 9 }) + lines.join()).not.toContain('canary');
  });

  it('names the fields of an event that it cannot read, not their values', async () => {
    const error = await failureOf(handlerFor(async () => ({}))({ secret: 'canary' }, context));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('secret');
    expect(inspect(error, { depth: 9 }) + lines.join()).not.toContain('canary');
  });

  it('ends the work before Lambda ends the function', async () => {
    const work = (_: unknown, signal: AbortSignal) =>
      new Promise<object>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const error = await failureOf(handlerFor(work)({ id: 'i' }, { ...context, getRemainingTimeInMillis: () => 2_050 }));
    expect(error.code).toBe('TargetTimeout');
  });
});
