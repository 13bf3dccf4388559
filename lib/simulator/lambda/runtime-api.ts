import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One event on its way to a function's process. */
export interface Delivery {
  requestId: string;
  payload: string;
  deadlineMs: number;
  functionArn: string;
}

/** What a process tells through its Runtime API. */
export interface RuntimeListener {
  /** Asks for an event: initialized, or done with the one before. */
  onNext(): void;
  onResult(requestId: string, kind: 'response' | 'error', body: string): void;
  onInitError(body: string): void;
}

/** The Runtime API of one process. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export interface RuntimeApi {
  /** `127.0.0.1:PORT`, the value of AWS_LAMBDA_RUNTIME_API. */
  address: string;
  /** Answers the open `next`. Only after onNext. */
  deliver(delivery: Delivery): void;
  close(): void;
}

const invocationPath = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

export async function openRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/2018-06-01/runtime/invocation/next') {
      waiting = response;
      listener.onNext();
      return;
    }
    const body = await text(request);
    const [, requestId, kind] = invocationPath.exec(path) ?? [];
    if (requestId !== undefined) listener.onResult(requestId, kind === 'error' ? 'error' : 'response', body);
    else if (path === '/2018-06-01/runtime/init/error') listener.onInitError(body);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  }

  // A process that is killed in the middle of a request leaves nobody to answer.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  // The function's process ends its connection, which is idle for as long as the function works: see wire/server.ts.
  server.keepAliveTimeout = 0;
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    deliver(delivery) {
      waiting?.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': delivery.requestId,
        'lambda-runtime-deadline-ms': String(delivery.deadlineMs),
        'lambda-runtime-invoked-function-arn': delivery.functionArn,
      });
      waiting?.end(delivery.payload);
      waiting = undefined;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}
