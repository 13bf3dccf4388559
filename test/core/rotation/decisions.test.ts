import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SecretState } from '../../../lib/core/ports.ts';
import { guard, openRollout } from '../../../lib/core/rotation/guard.ts';
import { formatIntent, parseIntent, sortUnrecorded } from '../../../lib/core/rotation/orphans.ts';

const stateWith = (versions: Record<string, string[]>, rotationEnabled = true): SecretState => ({
  arn: 'arn:aws:secretsmanager:us-east-1:1:secret:s-AbCdEf',
  name: 's',
  rotationEnabled,
  versions,
  tags: {},
  lastChangedAtMs: undefined,
});

describe('guard', () => {
  it.each([
    ['proceeds with a pending token', { t: ['AWSPENDING'], c: ['AWSCURRENT'] }, 'proceed'],
    ['is done with a token that is current', { t: ['AWSCURRENT', 'AWSPENDING'] }, 'already-current'],
  ] as const)('%s', (_, versions, expected) => {
    expect(guard(stateWith(versions as never), 't')).toBe(expected);
  });

  it.each([
    ['a token that is unknown', { c: ['AWSCURRENT'] }, true, 'TokenRejected'],
    ['a token that lost AWSPENDING', { t: ['AWSPREVIOUS'], c: ['AWSCURRENT'] }, true, 'TokenRejected'],
    ['a token that is only retiring', { t: ['KEYTURN_RETIRING'], c: ['AWSCURRENT'] }, true, 'TokenRejected'],
    ['a secret whose rotation is off', { t: ['AWSPENDING'] }, false, 'RotationDisabled'],
  ])('rejects %s', (_, versions, enabled, code) => {
    expect(() => guard(stateWith(versions, enabled), 't')).toThrow(expect.objectContaining({ code }));
  });
});

describe('openRollout', () => {
  it.each([
    [{ c: ['AWSCURRENT'], p: ['AWSPREVIOUS'] }, 'none'],
    [{ c: ['AWSCURRENT'], p: ['AWSPREVIOUS', 'KEYTURN_RETIRING'] }, 'open'],
    [{ c: ['AWSCURRENT', 'KEYTURN_RETIRING'], t: ['AWSPENDING'] }, 'own-finish'],
  ])('of %o is %s', (versions, expected) => {
    expect(openRollout(stateWith(versions))).toBe(expected);
  });
});

const identity = fc.stringMatching(/^[A-Z0-9]{4,20}$/);
const live = fc.uniqueArray(fc.record({ identity, neverUsed: fc.boolean() }), { selector: (it) => it.identity });

describe('sortUnrecorded', () => {
  it('never calls an orphan what a version records, the intent lists, or somebody used', () => {
    fc.assert(
      fc.property(live, fc.array(identity), fc.array(identity), (credentials, recorded, listed) => {
        const { orphans } = sortUnrecorded(
          credentials,
          { labelled: new Set(recorded), unlabelled: new Set() },
          { token: 't', identities: listed },
        );
        for (const orphan of orphans) {
          expect(recorded).not.toContain(orphan);
          expect(listed).not.toContain(orphan);
          expect(credentials.find((it) => it.identity === orphan)?.neverUsed).toBe(true);
        }
      }),
    );
  });

  it('calls an orphan what versions without a label record alone, used or not, and whatever the intent lists', () => {
    const credentials = ['both', 'given up', 'labelled', 'stranger'].map((name) => ({
      identity: name,
      neverUsed: false,
    }));
    const recorded = { labelled: new Set(['labelled', 'both']), unlabelled: new Set(['given up', 'both']) };
    for (const open of [undefined, { token: 't', identities: ['given up'] }])
      expect(sortUnrecorded(credentials, recorded, open)).toEqual({ orphans: ['given up'], unknown: ['stranger'] });
  });

  it('finds no orphan without an open intent, and explains every live credential', () => {
    fc.assert(
      fc.property(live, fc.array(identity), (credentials, recorded) => {
        const { orphans, unknown } = sortUnrecorded(
          credentials,
          { labelled: new Set(recorded), unlabelled: new Set() },
          undefined,
        );
        expect(orphans).toEqual([]);
        expect(unknown).toEqual(credentials.map((it) => it.identity).filter((it) => !recorded.includes(it)));
      }),
    );
  });
});

describe('an intent', () => {
  it('survives being a tag, in the characters and the length that a tag may have', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.array(identity, { maxLength: 2 }), (token, identities) => {
        const tag = formatIntent({ token, identities });
        expect(tag).toMatch(/^[\w\s+\-=.:/@]{0,256}$/);
        expect(parseIntent(tag)).toEqual({ token, identities });
      }),
    );
  });

  it('is none without a tag', () => {
    expect(parseIntent(undefined)).toBeUndefined();
  });
});
