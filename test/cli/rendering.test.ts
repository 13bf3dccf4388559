import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LastRecord } from '../../lib/aws/evidence-reader.ts';
import { type Seen, statusRow } from '../../lib/cli/status-row.ts';
import { spanOf, statusTable } from '../../lib/cli/status-table.ts';
import { oneLine, terminalOf } from '../../lib/cli/terminal.ts';
import { watchLines } from '../../lib/cli/watch-lines.ts';
import { consumerEntry } from '../support/house.ts';

const DAY_MS = 86_400_000;
const nowMs = Date.parse('2026-11-20T12:00:00Z');
const timings = {
  ...{ soakSeconds: 0, graceSeconds: 0, gateSeconds: 0, coalesceSeconds: 0, skewSeconds: 0, pollSeconds: 0 },
  ...{ promotionSeconds: 3600, rotationSeconds: 330, humanSeconds: 60, reminderSeconds: 0 },
};

const held: LastRecord = {
  result: 'held',
  recordedAt: '2026-11-18T04:10:33.000Z',
  versionId: 'now',
  attempt: 1,
  failure: { code: 'GateClosed', message: 'the old credential may still be in use:\n\u001b[31m3 sessions' },
  request: null,
};

function seen(more: Partial<Seen> & { versions?: Record<string, string[]>; rotationEnabled?: boolean } = {}): Seen {
  const { versions = { now: ['AWSCURRENT'] }, rotationEnabled = true, ...rest } = more;
  return {
    entry: {
      ...{ secret: 'shop/db', kind: 'postgres', policy: 'monthly', maximumAgeDays: 35, target: {}, views: [] },
      ...{ waves: [[consumerEntry('api')]], timings },
    },
    state: { arn: 'arn', name: 'shop/db', rotationEnabled, versions, tags: {}, lastChangedAtMs: nowMs },
    dates: { now: nowMs - 12 * DAY_MS },
    open: undefined,
    last: undefined,
    nowMs,
    ...rest,
  };
}

describe('a row of status', () => {
  it('has the age of the version that is current, not of the newest', () => {
    const dates = { now: nowMs - 3 * DAY_MS, next: nowMs };
    const row = statusRow(seen({ versions: { now: ['AWSCURRENT'], next: ['AWSPENDING'] }, dates }));
    expect(row).toMatchObject({ ageSeconds: 3 * 86_400, currentSince: '2026-11-17T12:00:00.000Z', phase: 'rotating' });
  });

  it.each([
    [35, false],
    [35.1, true],
  ])('%d days against 35 is over age: %s', (days, overAge) => {
    const row = statusRow(seen({ dates: { now: nowMs - days * DAY_MS } }));
    expect(row.overAge).toBe(overAge);
    expect(row.attention).toHaveLength(overAge ? 1 : 0);
  });

  it.each<[string, Parameters<typeof seen>[0], RegExp]>([
    ['missing', { state: undefined }, /no such secret/],
    ['not set up for rotation', { rotationEnabled: false }, /rotation is not enabled/],
    ['without a current version', { versions: {} }, /no version is AWSCURRENT/],
    [
      'held',
      { versions: { now: ['AWSCURRENT'], old: ['KEYTURN_RETIRING'] }, last: held },
      /^held: GateClosed: the old credential/,
    ],
    [
      'held, while the newest record is of another version',
      { versions: { now: ['AWSCURRENT'], old: ['KEYTURN_RETIRING'] }, last: { ...held, versionId: 'older' } },
      /ended without a record/,
    ],
    [
      'late to promote',
      {
        versions: { now: ['AWSCURRENT'], next: ['AWSPENDING'] },
        dates: { now: nowMs, next: nowMs - 3_931_000 },
      },
      /did not promote/,
    ],
  ])('asks for attention to a secret that is %s', (_, more, note) => {
    expect(statusRow(seen(more)).attention).toEqual([expect.stringMatching(note)]);
  });

  it('asks for none while a rotation still has time to promote', () => {
    const dates = { now: nowMs, next: nowMs - 3_929_000 };
    expect(statusRow(seen({ versions: { now: ['AWSCURRENT'], next: ['AWSPENDING'] }, dates })).attention).toEqual([]);
  });
});

describe('the table', () => {
  const rows = [
    statusRow(seen()),
    statusRow(
      seen({
        versions: { now: ['AWSCURRENT'], old: ['KEYTURN_RETIRING'] },
        last: held,
        dates: { now: nowMs - 41 * DAY_MS },
      }),
    ),
    statusRow(
      seen({
        versions: { old: ['AWSCURRENT'], now: ['KEYTURN_RETIRING'] },
        dates: { old: nowMs - 40 * 60_000 },
        open: { versionId: 'now', phase: 'soaking' },
      }),
    ),
  ];

  it('is plain text in columns, with a note for what a human should look at', () => {
    expect(statusTable(rows, picocolors.createColors(false))).toMatchInlineSnapshot(`
      [
        "SECRET    KIND       AGE              PHASE                 LAST RESULT",
        "shop/db   postgres   12 d of 35 d     idle                  none yet",
        "shop/db   postgres   41 d of 35 d !   held                  held 2026-11-18 04:10 UTC",
        "shop/db   postgres   40 min of 35 d   going back: soaking   none yet",
        "",
        "! shop/db: older than the 35 days that its policy monthly permits",
        "! shop/db: held: GateClosed: the old credential may still be in use: [31m3 sessions",
      ]
    `);
  });

  it('says the same in colours', () => {
    const colours = statusTable(rows, picocolors.createColors(true));
    expect(colours.join('\n')).toContain('\u001b[');
    expect(colours.map(stripVTControlCharacters)).toEqual(statusTable(rows, picocolors.createColors(false)));
  });

  it.each([
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [7_199, '1 h'],
    [86_400, '1 d'],
  ])('writes %d s as %s', (seconds, text) => expect(spanOf(seconds)).toBe(text));
});

/** A stream that keeps what is written. */
function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe('a terminal', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['a terminal', true, {}, true, true],
    ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, true, false],
    ['a terminal with an empty NO_COLOR (https://no-color.org)', true, { NO_COLOR: '' }, true, true],
    ['a dumb terminal', true, { TERM: 'dumb' }, false, false],
    ['a pipe', false, {}, false, false],
    ['a pipe in CI', false, { CI: 'true' }, false, false],
  ])('%s', (_, tty, env, isTty, isColoured) => {
    const terminal = terminalOf(stream(tty), stream(tty), env);
    expect({ isTty: terminal.isTty, isColoured: terminal.colors.red('x') !== 'x' }).toEqual({ isTty, isColoured });
  });

  it('replaces a live line by the next line, on either stream', () => {
    const [stdout, stderr] = [stream(true), stream(true)];
    const terminal = terminalOf(stdout, stderr, { NO_COLOR: '1' });
    terminal.live('soaking for 1 s');
    terminal.live('soaking for 2 s');
    terminal.out('at the gates');
    terminal.err('stopped');
    expect(stdout.written.join('')).toBe('\r\u001b[Ksoaking for 1 s\r\u001b[Ksoaking for 2 s\r\u001b[Kat the gates\n');
    expect(stderr.written).toEqual(['stopped\n']);
  });

  it('writes no live line into a pipe', () => {
    const stdout = stream(false);
    terminalOf(stdout, stream(false), {}).live('soaking for 1 s');
    expect(stdout.written).toEqual([]);
  });

  it('shows how long the present phase has lasted, until the end', () => {
    vi.useFakeTimers({ now: nowMs });
    const stdout = stream(true);
    const lines = watchLines(terminalOf(stdout, stream(true), { NO_COLOR: '1' }), Date.now);
    const happened = { secret: 'shop/db', versionId: 'now' };
    lines.show({ event: 'phase', at: '2026-11-20T12:00:00.000Z', ...happened, phase: 'soaking', goingBack: false });
    vi.advanceTimersByTime(2_000);
    expect(stdout.written.at(-1)).toMatch(/soaking for 2 s$/);
    const at = '2026-11-20T12:00:03.000Z';
    lines.show({ event: 'ended', at, ...happened, result: 'held', reason: 'GateClosed:\nin use' });
    vi.advanceTimersByTime(5_000);
    expect(stdout.written.at(-1)).toBe('12:00:03  held: GateClosed: in use\n');
    lines.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes control characters out of what others wrote', () => {
    expect(oneLine('a\nb\u001b[2Jc\u2028d\u202ee ')).toBe('a b [2Jc d e');
  });
});
