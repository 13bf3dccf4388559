import picocolors from 'picocolors';

/** Where a command writes. `out` is what was asked for, `err` is what is said about it. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  /** Replaces the last line until the next one is written; only where `isTty`. */
  live(line: string): void;
  isTty: boolean;
  colors: Pick<typeof picocolors, 'bold' | 'dim' | 'green' | 'red' | 'yellow'>;
}

interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
}

const CLEAR_LINE = '\r\x1b[K';

/** Colours and live lines only on a terminal; https://no-color.org turns the colours off there too. */
export function terminalOf(stdout: Stream, stderr: Stream, env: NodeJS.ProcessEnv): Terminal {
  const isTty = stdout.isTTY === true && env['TERM'] !== 'dumb';
  let isLive = false;
  const clear = () => {
    if (isLive) stdout.write(CLEAR_LINE);
    isLive = false;
  };
  return {
    isTty,
    colors: picocolors.createColors(isTty && !env['NO_COLOR']),
    out(line) {
      clear();
      stdout.write(`${line}\n`);
    },
    err(line) {
      clear();
      stderr.write(`${line}\n`);
    },
    live(line) {
      if (!isTty) return;
      stdout.write(CLEAR_LINE + line);
      isLive = true;
    },
  };
}

/** One line without control characters: what AWS or an operator wrote must not move the cursor. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
