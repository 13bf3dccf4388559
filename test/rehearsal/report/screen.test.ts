import { afterEach, describe, expect, it, vi } from 'vitest';
import { openScreen, type Screen } from '../../../lib/rehearsal/report/screen.ts';

let screen: Screen | undefined;
afterEach(() => {
  screen?.end();
  vi.useRealTimers();
});

function open(isTTY: boolean, columns = 40) {
  vi.useFakeTimers();
  let text = '';
  const stream = {
    isTTY,
    columns,
    write(chunk: string) {
      text += chunk;
    },
  };
  const opened = openScreen(stream, Date.now() - 12_340);
  screen = opened;
  return { screen: opened, text: () => text };
}

/** To the line's beginning, and all of it away. */
const clear = '\r\u001b[K';
const counted = { sent: 1_234, failures: [] };

describe('a screen that is no terminal', () => {
  it('gets plain lines with their time, and the count on those of phases', () => {
    const { screen, text } = open(false);
    screen.line('deploying');
    screen.count(counted);
    screen.phase('db/app', 'soaking');
    vi.advanceTimersByTime(1_000);
    screen.end();
    expect(text()).toBe(
      `  12.3 s  deploying\n  12.3 s  ${'db/app'.padEnd(28)}${'soaking'.padEnd(36)}1,234 requests, 0 failed\n`,
    );
  });
});

describe('a terminal', () => {
  it('has a running count on its last line, under the lines of phases', () => {
    const { screen, text } = open(true);
    const running = `${clear}  12.5 s  1,234 requests, 0 failed`;
    screen.count(counted);
    vi.advanceTimersByTime(200);
    expect(text()).toBe(running);
    screen.phase('db/app', 'soaking');
    expect(text()).toBe(`${running}${clear}  12.5 s  ${'db/app'.padEnd(28)}soaking\n${running}`);
    screen.end();
    expect(text().endsWith(running + clear)).toBe(true);
  });

  it('that does not know its width gets the count all the same', () => {
    const { screen, text } = open(true, 0);
    screen.count(counted);
    vi.advanceTimersByTime(200);
    expect(text()).toContain('1,234 requests');
  });

  it('keeps the count on one line however narrow it is', () => {
    const { screen, text } = open(true);
    screen.count({ sent: 123_456_789_012, failures: [] });
    vi.advanceTimersByTime(200);
    expect(text().length).toBeLessThanOrEqual(clear.length + 40);
  });
});

it('remembers all that was written, for the search', () => {
  const { screen } = open(false);
  screen.plain('one');
  screen.line('two');
  expect(screen.everything()).toMatch(/^one\n.* two\n$/);
});
