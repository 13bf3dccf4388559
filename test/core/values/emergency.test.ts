import { describe, expect, it } from 'vitest';
import {
  emergencyModes,
  emergencyOf,
  emergencyTag,
  emergencyToken,
  formatEmergency,
  isEmergencyToken,
  skippedIn,
} from '../../../lib/core/emergency.ts';

describe('an emergency’s token', () => {
  it('tells what it is, is another one each time, and is one that Secrets Manager takes', () => {
    const [one, other] = [emergencyToken(), emergencyToken()];
    expect(one).not.toBe(other);
    for (const token of [one, other]) {
      expect(token).toMatch(/^[A-Za-z0-9-]{32,64}$/);
      expect(isEmergencyToken(token)).toBe(true);
    }
  });

  it('is none that only has the word in it', () => {
    for (const token of ['no-emergency-1', '6f9619ff-8b86-d011-b42d-00c04fc964ff'])
      expect(isEmergencyToken(token)).toBe(false);
  });
});

describe('an emergency that was declared', () => {
  const declared = (tag?: string) => emergencyOf({ tags: tag === undefined ? {} : { [emergencyTag]: tag } }, 'v1');

  it.each(emergencyModes)('is of one version, and says %s', (mode) => {
    expect(formatEmergency('v1', mode)).toMatch(/^[\w\s+\-=.:/@]{0,256}$/);
    expect(declared(formatEmergency('v1', mode))).toBe(mode);
    expect(declared(formatEmergency('v2', mode))).toBeUndefined();
  });

  it.each([undefined, '', 'v1', 'v1/', 'v1/at-once', 'v1+disable-first'])('is none by the tag %j', (tag) => {
    expect(declared(tag)).toBeUndefined();
  });
});

it.each([
  ['consumers-first', []],
  ['disable-first', ['the consumers before the disabling']],
  ['disable-only', ['the consumers']],
] as const)('%s leaves out the waits, and of the rest %j', (mode, more) => {
  expect(skippedIn(mode)).toEqual([
    'the soak',
    'the gate "old unused"',
    'the grace',
    'the wait for other secrets of a campaign',
    ...more,
  ]);
});
