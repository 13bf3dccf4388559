import { afterEach, describe, expect, it, vi } from 'vitest';
import { openScreen, type Screen } from '../../../lib/rehearsal/report/screen.ts';

let screen: Screen | undefined;
afterEach(() => {
  screen?.end();
  vi.useRealTimers();
});

function open(isTTY: boolean) {
  vi.useFakeTimers();
  let text = '';
  const stream = {
    isTTY,
    columns: 40,
    write(chunk: string) {
      text += chunk;
    },
  };
  const opened = openScreen(stream, Date.now() - 12_340);
  screen = opened;
  return { screen: opened, text: () => text };
}

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
      `  12.3 s  deploying\n  12.3 s  ${'db/app'.padEnd(24)}${'soaking'.padEnd(36)}1,234 requests, 0 failed\n`,
    );
  });
});

describe('a terminal', () => {
  it('has a running count on its last line, under the lines of phases', () => {
    const { screen, text } = open(true);
    screen.count(counted);
    vi.advanceTimersByTime(200);
    expect(text().split('\n')).toHaveLength(1);
    expect(text()).toMatch(/\r\u001b\[K {2}12\.5 s {2}1,234 requests, 0 failed$/);
    screen.phase('db/app', 'soaking');
    expect(text()).toMatch(
      /\r\u001b\[K {2}12\.5 s {2}db\/app +soaking\n\r\u001b\[K {2}12\.5 s {2}1,234 requests, 0 failed$/,
    );
    screen.end();
    expect(text()).toMatch(/\r\u001b\[K$/);
  });

  it('keeps the count on one line however narrow it is', () => {
    const { screen, text } = open(true);
    screen.count({ sent: 123_456_789_012, failures: [] });
    vi.advanceTimersByTime(200);
    expect(text().length).toBeLessThanOrEqual('\r\u001b[K'.length + 40);
  });
});

it('remembers all that was written, for the search', () => {
  const { screen } = open(false);
  screen.plain('one');
  screen.line('two');
  expect(screen.everything()).toMatch(/^one\n.* two\n$/);
});
