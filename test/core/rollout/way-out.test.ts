import { describe, expect, it } from 'vitest';
import { type Known, openTurn, openVersion, type WayOut, wayOut } from '../../../lib/core/rollout/way-out.ts';

const C = 'AWSCURRENT';
const P = 'AWSPREVIOUS';
const N = 'AWSPENDING';
const R = 'KEYTURN_RETIRING';

/** Versions `a`, `b`, `c`, … were made in this order, a second apart. */
function known(versions: Record<string, string[]>, more: Partial<Known> = {}): Known {
  const state = {
    arn: 'arn:house',
    name: 'house/db',
    rotationEnabled: true,
    versions,
    tags: {},
    lastChangedAtMs: undefined,
  };
  const dates = Object.fromEntries(Object.keys(versions).map((id) => [id, 1000 * id.charCodeAt(0)]));
  return { state, dates, attempts: {}, last: undefined, promotionSeconds: 60, nowMs: 100_000, ...more };
}

const retired = (versionId: string) => ({ versionId, result: 'retired' });

describe('the way out', () => {
  it.each<[string, Known, Partial<WayOut> & { action: WayOut['action'] }]>([
    [
      'of a hold on the way forward',
      known({ a: [P, R], b: [C, N] }, { attempts: { a: 'SUCCEEDED', b: 'FAILED' } }),
      { action: 'roll-forward', versionId: 'b', retire: 'a' },
    ],
    [
      'of a hold on the way back',
      known({ a: [C], b: [P, R] }, { attempts: { a: 'SUCCEEDED', b: 'FAILED' } }),
      { action: 'go-back', versionId: 'b', retire: 'b' },
    ],
    [
      'of a move back that stopped half way',
      known({ a: [C, R], b: [P] }, { attempts: { a: 'SUCCEEDED', b: 'FAILED' } }),
      { action: 'go-back', versionId: 'b' },
    ],
    [
      'of a finishSecret that died before the promotion',
      known({ a: [P], b: [C, R], c: [N] }, { attempts: { b: 'SUCCEEDED', c: 'FAILED' } }),
      { action: 'end-rotation', versionId: 'c' },
    ],
    [
      'of the same after an earlier version had gone back',
      known({ a: [C, R], b: [P], c: [N] }, { attempts: { b: 'FAILED', c: 'FAILED' } }),
      { action: 'end-rotation', versionId: 'c' },
    ],
    [
      'of an abandonment that was held after the version had lost its label',
      known({ a: [C, R] }, { attempts: { c: 'FAILED' }, last: { versionId: 'c', result: 'held' } }),
      { action: 'end-rotation', versionId: 'c' },
    ],
    [
      'of a rotation that nothing tries any more',
      known({ a: [C], b: [N] }, { nowMs: 98_000 + 61_000 }),
      { action: 'end-rotation', versionId: 'b' },
    ],
    [
      'of a promotion by hand, also after rotations that went well',
      known({ b: [P], c: [C] }, { attempts: { b: 'SUCCEEDED' }, last: retired('b') }),
      { action: 'roll-out', versionId: 'c', retire: 'b' },
    ],
  ])('%s', (_, seen, way) => {
    expect(wayOut(seen)).toMatchObject(way);
  });

  it.each<[string, Known]>([
    ['while a rollout is at work', known({ a: [P, R], b: [C] }, { attempts: { b: 'RUNNING' } })],
    ['while one is abandoned, its version without a label', known({ a: [C] }, { attempts: { x: 'RUNNING' } })],
    ['while a rotation is young', known({ a: [C], b: [N] }, { nowMs: 98_000 + 59_000 })],
    ['of a first version', known({ a: [C] })],
    ['after a rollout', known({ a: [P], b: [C, N] }, { attempts: { b: 'SUCCEEDED' } })],
    ['after one that Step Functions has forgotten', known({ a: [P], b: [C] }, { last: retired('b') })],
    ['after one went back', known({ a: [C], b: [P] }, { attempts: { b: 'FAILED' } })],
    [
      'after one went back that Step Functions has forgotten',
      known({ a: [C], b: [P] }, { last: { versionId: 'b', result: 'rolled-back' } }),
    ],
  ])('is none %s', (_, seen) => {
    expect(wayOut(seen).action).toBe('nothing');
  });

  it.each<[string, Known, RegExp]>([
    ['no version is current', known({ a: [P] }), /no version is AWSCURRENT/],
    [
      'a version is retiring after its rollout had ended well',
      known({ a: [P, R], b: [C] }, { attempts: { b: 'SUCCEEDED' } }),
      /had ended well/,
    ],
    [
      'a third version is pending',
      known({ a: [P, R], b: [C], c: [N] }, { attempts: { b: 'FAILED' } }),
      /version c is AWSPENDING although a is retiring/,
    ],
    [
      'somebody put a value during a hold',
      known({ a: [R], b: [P, N], c: [C] }, { attempts: { b: 'FAILED' } }),
      /came to c by another hand while a was retiring; move it to b again/,
    ],
    ['the current version is retiring and nothing is on its way', known({ a: [C, R] }), /no rotation is on its way/],
    [
      'AWSCURRENT is on an older version that had been retired',
      known({ a: [C], b: [P, N] }, { attempts: { a: 'SUCCEEDED', b: 'SUCCEEDED' }, last: retired('b') }),
      /moved by hand to the older version a/,
    ],
  ])('is a human’s to find when %s', (_, seen, why) => {
    expect(wayOut(seen)).toEqual({ action: 'decide', why: expect.stringMatching(why) });
  });
});

describe('the open turn', () => {
  it('is the newer version’s, whichever way it goes', () => {
    const forward = known({ a: [P, R], b: [C] });
    expect(openTurn(forward.state, forward.dates)).toEqual({ versionId: 'b', goingBack: false, retire: 'a' });
    const back = known({ a: [C], b: [P, R] });
    expect(openTurn(back.state, back.dates)).toEqual({ versionId: 'b', goingBack: true, retire: 'b' });
    const none = known({ a: [C, R] });
    expect(openTurn(none.state, none.dates)).toBeUndefined();
  });
});

describe('what must have ended before another rotation begins', () => {
  it.each<[string, Known, ReturnType<typeof openVersion>]>([
    ['is nothing after a rollout', known({ a: [P], b: [C, N] }, { attempts: { b: 'SUCCEEDED' } }), undefined],
    ['is nothing of a promotion by hand', known({ b: [P], c: [C] }, { last: retired('b') }), undefined],
    [
      'is nothing of a pending label that stayed on the previous version',
      known({ a: [C], b: [P, N] }, { attempts: { b: 'FAILED' } }),
      undefined,
    ],
    [
      'is a rollout that is at work',
      known({ a: [P, R], b: [C, N] }, { attempts: { a: 'SUCCEEDED', b: 'RUNNING' } }),
      { versionId: 'b', goingBack: false },
    ],
    [
      'is one that is at work on the way back',
      known({ a: [C], b: [P, R] }, { attempts: { b: 'RUNNING' } }),
      { versionId: 'b', goingBack: true },
    ],
    [
      'is one that abandons its rotation, beside another that is on its way',
      known({ a: [C], b: [N] }, { attempts: { x: 'RUNNING' } }),
      { versionId: 'x', goingBack: false },
    ],
    [
      'is a hold on the way forward',
      known({ a: [P, R], b: [C, N] }, { attempts: { b: 'FAILED' } }),
      { versionId: 'b', goingBack: false },
    ],
    [
      'is a hold on the way back',
      known({ a: [C], b: [P, R] }, { attempts: { b: 'FAILED' } }),
      { versionId: 'b', goingBack: true },
    ],
    ['is a rotation on its way to its promotion', known({ a: [C], b: [N] }), { versionId: 'b', goingBack: false }],
    [
      'is a rotation that nothing tries any more',
      known({ a: [C], b: [N] }, { nowMs: 98_000 + 61_000 }),
      { versionId: 'b', goingBack: false },
    ],
  ])('%s', (_, seen, open) => {
    expect(openVersion(seen)).toEqual(open);
  });

  it('is a human’s to find where he alone knows the way out', () => {
    expect(() => openVersion(known({ a: [C, R] }))).toThrow(
      expect.objectContaining({
        code: 'LabelMoved',
        message: expect.stringMatching(/^house\/db: .*no rotation is on/),
      }),
    );
  });
});
