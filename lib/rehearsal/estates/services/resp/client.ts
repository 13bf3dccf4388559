import { connect, type TLSSocket } from 'node:tls';

/** One session with a Redis server. */
export interface RedisSession {
  /** The reply, an error's line with its `-`; an array's items joined by spaces. @throws Error when the session has ended */
  command(...words: readonly string[]): Promise<string>;
  readonly isOpen: boolean;
  end(): void;
}

const timeoutMs = 5_000;

/** https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function openRedis({ host, port, ca }: { host: string; port: number; ca: string }): RedisSession {
  const socket: TLSSocket = connect({ host, port, ca, servername: 'localhost' });
  const waiting: { resolve(reply: string): void; reject(error: Error): void }[] = [];
  let received = '';
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
    socket.destroy();
  };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    received += text;
    for (let reply = take(received); reply !== undefined; reply = take(received)) {
      received = reply.rest;
      waiting.shift()?.resolve(reply.text);
    }
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the session has ended')));
  return {
    get isOpen() {
      return failure === undefined;
    },
    command(...words) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        const timer = setTimeout(() => fail(new Error('no answer')), timeoutMs);
        waiting.push({
          resolve(reply) {
            clearTimeout(timer);
            resolve(reply);
          },
          reject(error) {
            clearTimeout(timer);
            reject(error);
          },
        });
        const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
        socket.write(`*${words.length}\r\n${parts.join('')}`);
      });
    },
    end: () => void socket.end(),
  };
}

/** The first whole reply; undefined when there is none yet. */
function take(text: string): { text: string; rest: string } | undefined {
  const end = text.indexOf('\r\n');
  if (end < 0) return undefined;
  const [line, after] = [text.slice(0, end), text.slice(end + 2)];
  const length = Number(line.slice(1));
  if (line.startsWith('$')) {
    if (length < 0) return { text: '', rest: after };
    // Services store ASCII alone, so that characters are bytes.
    return after.length < length + 2 ? undefined : { text: after.slice(0, length), rest: after.slice(length + 2) };
  }
  if (!line.startsWith('*')) return { text: line, rest: after };
  const items: string[] = [];
  let rest = after;
  for (let item = 0; item < length; item += 1) {
    const one = take(rest);
    if (one === undefined) return undefined;
    items.push(one.text);
    rest = one.rest;
  }
  return { text: items.join(' '), rest };
}
