import { count } from './table.ts';

/** What is counted on the last line. */
export interface Counted {
  readonly sent: number;
  readonly failures: readonly unknown[];
}

interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Where a rehearsal tells what happens: one line for each thing, and on a terminal a running count below them. */
export interface Screen {
  /** With the time since the start. */
  line(text: string): void;
  /** One secret enters a phase. */
  phase(secret: string, phase: string): void;
  /** Without the time. */
  plain(text: string): void;
  /** From now on, keeps the count on the last line of a terminal, and on every line of a phase elsewhere. */
  count(counted: Counted): void;
  /** Takes the running count away. */
  end(): void;
  /** All that was written. */
  everything(): string;
}

const clearLine = '\r\u001b[K';
const refreshMs = 200;
/** Names of secrets are seldom longer. */
const nameWidth = 26;

export function openScreen(stream: Stream, startedAtMs = Date.now()): Screen {
  const isTty = stream.isTTY === true;
  const written: string[] = [];
  let counted: Counted | undefined;
  let timer: NodeJS.Timeout | undefined;

  function write(text: string): void {
    written.push(text);
    stream.write(text);
  }

  function countText(): string {
    if (counted === undefined) return '';
    return `${count(counted.sent)} requests, ${count(counted.failures.length)} failed`;
  }

  function seconds(): string {
    return `${((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s`;
  }

  function showCount(): void {
    // A line that wraps could not be cleared. Some terminals do not know their width, and say 0.
    if (timer !== undefined)
      stream.write(`${clearLine}${`${seconds()}  ${countText()}`.slice(0, stream.columns || 80)}`);
  }

  function plain(text: string): void {
    if (timer !== undefined) stream.write(clearLine);
    write(`${text}\n`);
    showCount();
  }

  const line = (text: string) => plain(`${seconds()}  ${text}`);
  return {
    line,
    plain,
    phase(secret, phase) {
      const text = `${secret.padEnd(nameWidth)}  ${phase}`;
      line(isTty || counted === undefined ? text : `${text.padEnd(nameWidth + 38)}${countText()}`);
    },
    count(what) {
      counted = what;
      if (isTty) timer = setInterval(showCount, refreshMs);
    },
    end() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      stream.write(clearLine);
    },
    everything: () => written.join(''),
  };
}
