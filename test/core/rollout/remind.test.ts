import { beforeEach, describe, expect, it } from 'vitest';
import type { SecretEntry } from '../../../lib/core/entry.ts';
import { type Asked, type Reminder, remind } from '../../../lib/core/rollout/remind.ts';

const request = {
  secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/key-AbCdEf',
  identity: 'key_1',
  task: 'destroy key_1 at the console',
};
let told: [string, Reminder][];
beforeEach(() => {
  told = [];
});

/** An hour for the human, a reminder every ten minutes, a look every minute. */
const at = (nowMs: number, asked: Asked | null, timings: object = {}) =>
  remind(
    { ...request, asked },
    {
      clock: { nowMs: () => nowMs, sleep: async () => undefined },
      entryOf: async (secret) =>
        ({ secret, timings: { humanSeconds: 3600, reminderSeconds: 600, pollSeconds: 60, ...timings } }) as SecretEntry,
      notify: async (...message) => void told.push(message),
    },
  );

describe('a human who is waited for', () => {
  it('is told at once what to do, since when and until when', async () => {
    expect(await at(1_000, null)).toEqual({ asked: { sinceMs: 1_000, remindedAtMs: 1_000 }, pollSeconds: 60 });
    expect(told).toEqual([
      [
        'Keyturn: app/key waits for a human',
        {
          schema: 1,
          secret: 'app/key',
          identity: 'key_1',
          task: 'destroy key_1 at the console; then it goes on by itself',
          since: '1970-01-01T00:00:01.000Z',
          until: '1970-01-01T01:00:01.000Z',
        },
      ],
    ]);
  });

  it('is left alone until the next reminder, which counts from the first question', async () => {
    const asked = { sinceMs: 0, remindedAtMs: 600_000 };
    expect(await at(1_199_999, asked)).toEqual({ asked, pollSeconds: 60 });
    expect(told).toEqual([]);
    expect(await at(1_200_000, asked)).toMatchObject({ asked: { sinceMs: 0, remindedAtMs: 1_200_000 } });
    expect(told).toMatchObject([[expect.anything(), { since: '1970-01-01T00:00:00.000Z' }]]);
  });

  it('has all of the time, and not more', async () => {
    const asked = { sinceMs: 5, remindedAtMs: 3_599_000 };
    expect(await at(3_600_005, asked)).toMatchObject({ asked });
    await expect(at(3_600_006, asked)).rejects.toMatchObject({
      code: 'AwaitsHuman',
      message: expect.stringMatching(/^app\/key: .*destroy key_1 at the console.*keyturn resume app\/key$/),
    });
    expect(told).toEqual([]);
  });

  it('is looked after so seldom that a month of it fits into one history', async () => {
    const month = 30 * 86_400;
    expect(await at(0, null, { humanSeconds: month })).toMatchObject({ pollSeconds: month / 1000 });
    expect(await at(0, { sinceMs: 0, remindedAtMs: 0 }, { humanSeconds: month })).toMatchObject({
      pollSeconds: month / 1000,
    });
    expect(await at(0, null, { humanSeconds: 1_999, pollSeconds: 0 })).toMatchObject({ pollSeconds: 1 });
  });
});
