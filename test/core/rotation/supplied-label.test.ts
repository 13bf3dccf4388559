import { describe, expect, it } from 'vitest';
import { formatWaiting, waitingSince, waitingTag } from '../../../lib/core/campaign/waiting.ts';
import type { SecretState, SecretStore } from '../../../lib/core/ports.ts';
import { forgetSupplied, waitingVersion } from '../../../lib/core/rotation/supplied-label.ts';

const stateWith = (versions: Record<string, string[]>, more: Partial<SecretState> = {}): SecretState => ({
  arn: 'arn:house',
  name: 'house/key',
  rotationEnabled: true,
  versions,
  tags: {},
  lastChangedAtMs: undefined,
  ...more,
});

describe('a value that was brought', () => {
  it.each<[string, Record<string, string[]>, string | undefined]>([
    ['waits before its rotation', { c: ['AWSCURRENT'] }, 's'],
    ['waits while it is pending: the rotation may be given up', { c: ['AWSCURRENT'], s: ['AWSPENDING'] }, 's'],
    ['has had its rotation when it is current', { s: ['AWSCURRENT', 'AWSPENDING'] }, undefined],
    ['has had it when it was current', { c: ['AWSCURRENT'], s: ['AWSPREVIOUS'] }, undefined],
    ['has had it when it retires', { c: ['AWSCURRENT'], s: ['KEYTURN_RETIRING'] }, undefined],
  ])('%s', (_, versions, waiting) => {
    expect(waitingVersion(stateWith(versions, { supplied: 's' }))).toBe(waiting);
  });

  it('is none without the label', () => {
    expect(waitingVersion(stateWith({ c: ['AWSCURRENT'] }))).toBeUndefined();
  });

  it.each([
    ['is forgotten with its version', 's', [{ label: 'KEYTURN_SUPPLIED', from: 's' }]],
    ['stays when it was brought meanwhile', 'later', []],
    ['is not there to be forgotten', undefined, []],
  ])('%s', async (_, supplied, moves) => {
    const moved: object[] = [];
    const store = {
      moveLabel: async (_: string, label: string, move: object) => void moved.push({ label, ...move }),
    } as unknown as SecretStore;
    await forgetSupplied(stateWith({}, { supplied }), ['o', 's'], store);
    expect(moved).toEqual(moves);
  });
});

describe('the note since when a value is waited for', () => {
  const current = { c: ['AWSCURRENT'] };
  const note = formatWaiting(stateWith(current), 1_000);
  const since = '1970-01-01T00:00:01.000Z';
  const noted = (versions: Record<string, string[]>, tag: string | undefined = note, supplied?: string) =>
    waitingSince(stateWith(versions, { supplied, tags: tag === undefined ? {} : { [waitingTag]: tag } }));

  it('is one that a tag can hold', () => {
    expect(note).toBe(`${since}/c`);
    expect(formatWaiting(stateWith({}), 1_000)).toBe(`${since}/`);
  });

  it('counts beside the version that it was made beside', () => {
    expect(noted(current)).toBe(since);
    expect(noted({ d: ['AWSCURRENT'], c: ['AWSPREVIOUS'] })).toBeUndefined();
  });

  it('is void once a value has come, and not by one that was promoted long ago', () => {
    expect(noted(current, note, 's')).toBeUndefined();
    expect(noted({ c: ['AWSCURRENT'] }, note, 'c')).toBe(since);
  });

  it('is none where nothing, or something else, was noted', () => {
    expect(waitingSince(stateWith(current))).toBeUndefined();
    expect(noted({}, since)).toBeUndefined();
  });
});
