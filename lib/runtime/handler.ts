import { KeyturnError } from '../core/errors.ts';
import { logger } from './logger.ts';

/** What a function's handler gets of Lambda's context. */
export interface LambdaContext {
  functionName: string;
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** Time that is kept for the answer when a target does not answer: the signal aborts so much before Lambda's own timeout. */
const reserveMs = 2_000;

/**
 * A function's door: parses the event, gives the work a signal that aborts before Lambda's timeout, logs one line with
 * the ids of what was done (never the event, never a value), and reduces errors to what may be shown.
 */
export function handlerOf<Event>(
  parse: (event: unknown) => Event,
  idsOf: (event: Event) => Record<string, unknown>,
  work: (event: Event, signal: AbortSignal) => Promise<object | void>,
): (event: unknown, context: LambdaContext) => Promise<object | void> {
  return async (raw, context) => {
    const signal = AbortSignal.timeout(Math.max(1_000, context.getRemainingTimeInMillis() - reserveMs));
    const startedAtMs = Date.now();
    const event = parseOrRefuse(parse, raw);
    const ids = { ...idsOf(event), requestId: context.awsRequestId };
    try {
      const answer = await work(event, signal);
      logger.info('done', { ...ids, durationMs: Date.now() - startedAtMs });
      return answer;
    } catch (error) {
      const shown = showable(error, signal);
      logger.error(shown.message, {
        ...ids,
        code: shown.code,
        durationMs: Date.now() - startedAtMs,
        at: framesOf(error),
      });
      throw shown;
    }
  };
}

function parseOrRefuse<Event>(parse: (event: unknown) => Event, raw: unknown): Event {
  try {
    return parse(raw);
  } catch {
    // The parser's message could quote the event; its keys say enough.
    const keys = typeof raw === 'object' && raw !== null ? Object.keys(raw).join(', ') : typeof raw;
    throw new KeyturnError('InvalidInput', `the event is not of this function's form (it has: ${keys})`);
  }
}

/** Lambda prints message and stack of what is thrown, with its causes: only our own errors go out, without a cause. */
function showable(error: unknown, signal: AbortSignal): KeyturnError {
  if (error instanceof KeyturnError) return new KeyturnError(error.code, error.message);
  if (signal.aborted)
    return new KeyturnError('TargetTimeout', 'the function ran out of time before the target answered');
  return new KeyturnError(
    'TargetFailed',
    `unexpected ${error instanceof Error ? error.name : 'error'}; see "at" in the function's log`,
  );
}

/** Where an error came from. Its message is left out: a driver's can quote what it was given. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}
