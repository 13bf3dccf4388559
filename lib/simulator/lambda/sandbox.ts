import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type FunctionDefinition, failure, type Outcome } from './definition.ts';
import { type Delivery, openRuntimeApi, type RuntimeApi } from './runtime-api.ts';

const runtimeLoop = fileURLToPath(new URL('./runtime-loop.mjs', import.meta.url));

/** "The Init phase is limited to 10 seconds." https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const initLimitMs = 10_000;

export interface Invocation {
  requestId: string;
  payload: string;
  /** Called when the process has the event. */
  onDelivered?: () => void;
}

/** An execution environment: one process that handles one invocation at a time. */
export interface Sandbox {
  readonly alive: boolean;
  /** One at a time. Never rejects: whatever happens to the process is an outcome. */
  invoke(invocation: Invocation): Promise<Outcome>;
  /** SIGKILL. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts a function's process in `environment` and nothing else of ours. */
export async function startSandbox(
  definition: FunctionDefinition,
  environment: Record<string, string>,
  onOutput: (chunk: string) => void,
): Promise<Sandbox> {
  let current: (Invocation & { settle: (outcome: Outcome) => void }) | undefined;
  let initialized = false;
  /** The process has asked for its next event and was not given one yet. */
  let asking = false;
  let alive = true;
  let timer: NodeJS.Timeout | undefined;
  let child: ChildProcess | undefined;

  function end(outcome: Outcome): void {
    clearTimeout(timer);
    const ended = current;
    current = undefined;
    ended?.settle(outcome);
  }

  function stop(outcome: Outcome): void {
    alive = false;
    child?.kill('SIGKILL');
    end(outcome);
  }

  function limit(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const message = `RequestId: ${current?.requestId} Error: Task timed out after ${(ms / 1000).toFixed(2)} seconds`;
      onOutput(`${new Date().toISOString()} ${message}\n`);
      stop(failure('Sandbox.Timedout', message));
    }, ms);
  }

  function deliver(): void {
    if (current === undefined || !asking) return;
    asking = false;
    const timeoutMs = definition.timeoutSeconds * 1000;
    const { requestId, payload, onDelivered } = current;
    const delivery: Delivery = { requestId, payload, deadlineMs: Date.now() + timeoutMs, functionArn: definition.arn };
    limit(timeoutMs);
    api.deliver(delivery);
    onDelivered?.();
  }

  const api: RuntimeApi = await openRuntimeApi({
    onNext() {
      initialized = true;
      asking = true;
      deliver();
    },
    onResult(requestId, kind, body) {
      if (requestId !== current?.requestId) return;
      end(kind === 'error' ? { functionError: 'Unhandled', payload: body } : { payload: body });
    },
    onInitError(body) {
      stop({ functionError: 'Unhandled', payload: body });
    },
  });

  child = spawn(process.execPath, [runtimeLoop], {
    cwd: definition.codeFolder,
    env: { ...environment, AWS_LAMBDA_RUNTIME_API: api.address },
    // Its input never brings anything, and ends when this process does: then it ends too.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdout?.setEncoding('utf8').on('data', onOutput);
  child.stderr?.setEncoding('utf8').on('data', onOutput);
  const gone = new Promise<void>((resolve) => {
    function leave(how: string): void {
      alive = false;
      api.close();
      end(failure('Runtime.ExitError', `RequestId: ${current?.requestId} Error: Runtime exited with error: ${how}`));
      resolve();
    }
    child?.once('error', (error) => leave(error.message));
    child?.once('exit', (code, signal) => leave(signal === null ? `exit status ${code}` : `signal: ${named(signal)}`));
  });

  return {
    get alive() {
      return alive;
    },
    invoke(invocation) {
      return new Promise((settle) => {
        current = { ...invocation, settle };
        if (!alive) end(failure('Runtime.ExitError', `RequestId: ${invocation.requestId} Error: Runtime is gone`));
        else limit(initialized ? definition.timeoutSeconds * 1000 : initLimitMs);
        deliver();
      });
    },
    async kill() {
      alive = false;
      child?.kill('SIGKILL');
      await gone;
    },
  };
}

/** As Go's os.ProcessState prints it, which is what Lambda shows. */
function named(signal: NodeJS.Signals): string {
  return signal === 'SIGKILL' ? 'killed' : signal.toLowerCase();
}
