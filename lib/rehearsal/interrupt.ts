/**
 * Aborts at the first Ctrl-C (or when the terminal or a supervisor ends us), so that everything that was started can be
 * stopped before the process ends; further ones change nothing.
 */
export function whenInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Error(`interrupted by ${name}`)));
  }
  return controller.signal;
}
