import type { State } from './asl.ts';

/** One event of GetExecutionHistory. https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */
export interface HistoryEvent {
  id: number;
  previousEventId: number;
  timestamp: Date;
  type: string;
  [details: string]: unknown;
}

/** What the interpreter logs, as far as we read it. */
export interface InterpreterEvent {
  type: string;
  state?: { name: string; input?: unknown; output?: unknown };
  Error?: string;
  Cause?: unknown;
}

/** An execution's history. The interpreter's log gives the states; what happens inside our own tasks is added by them. */
export class History {
  readonly events: HistoryEvent[] = [];
  private closed = false;
  private readonly nowMs: () => number;
  private readonly original: ReadonlyMap<string, State>;
  /** As AWS counts for the bill: each state that is entered, each retry. https://aws.amazon.com/step-functions/pricing/ */
  stateTransitions = 0;

  constructor(original: ReadonlyMap<string, State>, nowMs: () => number) {
    this.original = original;
    this.nowMs = nowMs;
  }

  /** The last event: what comes after it, from parts that are still being stopped, is not written down. */
  end(type: string, details: Record<string, unknown>): void {
    this.add(type, details);
    this.closed = true;
  }

  add(type: string, details: Record<string, unknown> = {}): void {
    if (this.closed) return;
    const id = this.events.length + 1;
    this.events.push({ id, previousEventId: id - 1, timestamp: new Date(this.nowMs()), type, ...details });
  }

  note({ type, state, Error: error, Cause: cause }: InterpreterEvent): void {
    // States that preparation put in are not the author's.
    const written = state && this.original.get(state.name);
    if (state === undefined || written === undefined || this.closed) return;
    const name = state.name;
    const holds = written.Type === 'Map' || written.Type === 'Parallel';
    switch (type) {
      case 'StateEntered':
        this.stateTransitions += 1;
        this.add(`${written.Type}StateEntered`, {
          stateEnteredEventDetails: { name, input: JSON.stringify(state.input) },
        });
        if (holds) this.add(`${written.Type}StateStarted`);
        break;
      case 'StateExited': {
        if (holds) this.add(`${written.Type}StateSucceeded`);
        const output = JSON.stringify(state.output);
        this.add(`${written.Type}StateExited`, { stateExitedEventDetails: { name, output } });
        break;
      }
      case 'StateRetried':
        this.stateTransitions += 1;
        break;
      case 'StateFailed':
        this.failed(written, error, typeof cause === 'string' ? cause : undefined);
        break;
      default:
        break;
    }
  }

  private failed(written: State, error: string | undefined, cause: string | undefined): void {
    if (written.Type === 'Map' || written.Type === 'Parallel') this.add(`${written.Type}StateFailed`);
    if (written.Type !== 'Task' || error === 'States.Runtime') return;
    if (error === 'States.Timeout') this.add('TaskTimedOut', { taskTimedOutEventDetails: { error } });
    else this.add('TaskFailed', { taskFailedEventDetails: { error, cause } });
  }
}
