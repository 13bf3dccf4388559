import { phaseOf, spanOf } from './status-table.ts';
import { oneLine, type Terminal } from './terminal.ts';
import type { WatchEvent } from './watch.ts';

/** Prints a watched rotation's events: a line per phase, and on a terminal how long the present one has lasted. */
export function watchLines(terminal: Terminal, nowMs: () => number): { show(event: WatchEvent): void; stop(): void } {
  const { colors } = terminal;
  let lasting: { text: string; sinceMs: number } | undefined;
  const tick = () => {
    if (lasting)
      terminal.live(colors.dim(`          ${lasting.text} for ${spanOf((nowMs() - lasting.sinceMs) / 1000)}`));
  };
  const ticking = terminal.isTty ? setInterval(tick, 1000) : undefined;
  return {
    show(event) {
      const time = colors.dim(event.at.slice(11, 19));
      if (event.event === 'phase') {
        const text = phaseOf(event);
        const todo = event.task === undefined ? '' : colors.bold(`: ${oneLine(event.task)}`);
        terminal.out(`${time}  ${event.goingBack ? colors.yellow(text) : text}${todo}`);
        lasting = { text, sinceMs: Date.parse(event.at) };
        return;
      }
      lasting = undefined;
      const colour = event.result === 'retired' ? colors.green : colors.red;
      const why = event.reason === null ? 'the old credential is refused' : oneLine(event.reason);
      terminal.out(`${time}  ${colour(event.result)}: ${why}`);
    },
    stop: () => clearInterval(ticking),
  };
}
