import { createServer, type Server, Socket } from 'node:net';

/** A place that a door leads to, or is at. */
export interface Place {
  host: string;
  port: number;
}

/** A door on loopback before a server. How it behaves can change at any moment, for open connections too. */
export interface TcpDoor extends Place {
  /** Bytes no longer pass, in either direction; connections are accepted and stay open. */
  fallSilent(): void;
  /** Resets every connection. */
  cut(): void;
  /** Cuts every connection, and refuses new ones. */
  shut(): Promise<void>;
  /** Lets bytes pass again, to the same or another server. Connections that were silent are cut. */
  open(to?: Place): Promise<void>;
  /** Sees, and may swallow, what a client sends on its connection; answers go back through `reply`. */
  onClientData: ((bytes: Buffer, reply: (bytes: Buffer) => void) => 'pass' | 'swallow') | undefined;
  /** Called with the number of the connection (1, 2, …) before it is led on. */
  onConnection: ((count: number) => void | Promise<void>) | undefined;
  close(): Promise<void>;
}

export async function openDoor(to: Place): Promise<TcpDoor> {
  let place = to;
  let silent = false;
  let count = 0;
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  async function lead(client: Socket): Promise<void> {
    count += 1;
    sockets.add(client);
    client.on('error', () => client.destroy());
    await door.onConnection?.(count);
    const upstream = new Socket().connect(place.port, place.host);
    sockets.add(upstream);
    client.on('data', (bytes) => {
      const verdict = door.onClientData?.(bytes, (answer) => client.write(answer)) ?? 'pass';
      if (!silent && verdict === 'pass') upstream.write(bytes);
    });
    upstream.on('data', (bytes) => silent || client.write(bytes));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  }

  let listener = await listen(0, lead);
  const port = portOf(listener);
  const shut = async () => {
    cut();
    if (listener.listening) await new Promise((resolve) => listener.close(resolve));
  };
  const door: TcpDoor = {
    host: '127.0.0.1',
    port,
    onClientData: undefined,
    onConnection: undefined,
    fallSilent() {
      silent = true;
    },
    cut,
    shut,
    async open(another = to) {
      place = another;
      silent = false;
      cut();
      if (!listener.listening) listener = await listen(port, lead);
    },
    close: shut,
  };
  return door;
}

async function listen(port: number, lead: (client: Socket) => Promise<void>): Promise<Server> {
  const listener = createServer((client) => void lead(client));
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, '127.0.0.1', resolve);
  });
  return listener;
}

function portOf(listener: Server): number {
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
