import { describe, expect, it } from 'vitest';
import { checkPattern, matches, type Pattern } from '../../../lib/simulator/events/pattern.ts';

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
describe('an event pattern', () => {
  const event = {
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    resources: ['arn:a', 'arn:b'],
    detail: { name: 'buywhere/db/app', labelUpdated: 'AWSCURRENT', nothing: null, count: 3, deep: { done: true } },
  };

  it.each<[boolean, Pattern]>([
    [true, { source: ['aws.secretsmanager'] }],
    [false, { source: ['aws.states'] }],
    [true, { source: ['aws.states', 'aws.secretsmanager'] }],
    [true, { source: ['aws.secretsmanager'], detail: { labelUpdated: ['AWSCURRENT'] } }],
    [false, { source: ['aws.secretsmanager'], detail: { labelUpdated: ['KEYTURN_RETIRING'] } }],
    [true, { detail: { deep: { done: [true] } } }],
    [false, { detail: { deep: { done: ['true'] } } }],
    [true, { detail: { count: [3] } }],
    [true, { detail: { nothing: [null] } }],
    [false, { detail: { missing: [null] } }],
    [true, { resources: ['arn:b'] }],
    [true, { detail: { name: [{ prefix: 'buywhere/' }] } }],
    [false, { detail: { name: [{ prefix: 'other/' }] } }],
    [true, { detail: { name: [{ suffix: '/app' }] } }],
    [true, { detail: { labelUpdated: [{ 'anything-but': 'AWSPENDING' }] } }],
    [false, { detail: { labelUpdated: [{ 'anything-but': ['AWSCURRENT', 'AWSPENDING'] }] } }],
    [false, { detail: { labelUpdated: [{ 'anything-but': { prefix: 'AWS' } }] } }],
    [false, { detail: { missing: [{ 'anything-but': 'x' }] } }],
    [true, { detail: { labelUpdated: [{ 'equals-ignore-case': 'awscurrent' }] } }],
    [true, { detail: { name: [{ exists: true }], missing: [{ exists: false }] } }],
    [false, { detail: { name: [{ exists: false }] } }],
  ])('%s: %j', (expected, pattern) => {
    expect(() => checkPattern(pattern)).not.toThrow();
    expect(matches(pattern, event)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['a value outside of a list', { source: 'aws.secretsmanager' }],
    ['an empty list', { source: [] }],
    ['a filter that is not simulated', { detail: { count: [{ numeric: ['>', 1] }] } }],
    ['$or', { $or: [{ source: ['a'] }] }],
  ])('is refused for %s', (_what, pattern) => {
    expect(() => checkPattern(pattern as Pattern)).toThrow(
      expect.objectContaining({ code: 'InvalidEventPatternException' }),
    );
  });
});
