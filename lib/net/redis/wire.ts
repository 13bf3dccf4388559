import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import { encodeCommand, type Reply, ReplyError, takeReply } from './reply.ts';
import type { RedisTls } from './tls.ts';

export interface Endpoint {
  host: string;
  port: number;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** The longest answer asked for is CLIENT LIST: 64 MiB are 160,000 clients of 400 bytes. */
const longestReply = 64 * 1024 * 1024;
/** For the server to close its side; after it the socket is destroyed. */
const farewellMs = 1_000;

/** A code of Node's, or of our own, for a connection that failed. */
export class WireError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = 'WireError';
    this.code = code;
  }
}

/**
 * One connection that speaks RESP2: commands in, replies out, in order. It is opened once and never reconnects, and
 * nothing is ever sent twice. Every failure is a ReplyError or a WireError, which hold a code and nothing else.
 */
export class RedisWire {
  readonly #endpoint: Endpoint;
  readonly #tls: RedisTls;
  readonly #waiting: Waiting[] = [];
  #socket: Socket | undefined;
  #shakingHands = false;
  #received: Buffer = Buffer.alloc(0);
  /** The first failure is the reason; what follows is its echo. */
  #failure: Error | undefined;

  constructor(endpoint: Endpoint, tls: RedisTls) {
    this.#endpoint = endpoint;
    this.#tls = tls;
  }

  /** Resolves once connected, over TLS unless plaintext was asked for by name. */
  async open(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const socket = 'plaintext' in this.#tls ? connectPlain(this.#endpoint) : connectVerified(this.#endpoint, this.#tls);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once('connect', () => {
      this.#shakingHands = !('plaintext' in this.#tls);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('plaintext' in this.#tls ? 'connect' : 'secureConnect', resolve);
      socket.on('error', (error) => this.#fail(error));
      socket.on('data', (bytes) => this.#receive(bytes));
      // The last event of every socket.
      socket.once('close', () => {
        this.#fail(new WireError('CLOSED'));
        reject(this.#failure);
      });
    });
    this.#shakingHands = false;
  }

  /** Sends at once, also while earlier commands are not answered yet. */
  async send(command: readonly string[]): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      this.#socket?.write(encodeCommand(command));
    });
    // Of a transaction's replies the first error counts.
    const error = Array.isArray(reply) ? reply.find((part) => part instanceof ReplyError) : reply;
    if (error instanceof ReplyError) throw error;
    return reply;
  }

  /** Ends the connection, whatever it is doing, because its time is over. */
  cut(): void {
    // A Redis without TLS takes the first bytes of a handshake for a long command, and waits for its end.
    this.#fail(new WireError(this.#shakingHands ? 'TLS_TIMEOUT' : 'ETIMEDOUT'));
  }

  /** Returns when the server has closed its side: only then has the connection gone from its CLIENT LIST. */
  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    if (socket.connecting) return void socket.destroy();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), farewellMs);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.end();
    });
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    try {
      for (let taken = takeReply(this.#received); taken !== undefined; taken = takeReply(this.#received)) {
        this.#received = this.#received.subarray(taken.next);
        const waiting = this.#waiting.shift();
        if (waiting !== undefined) waiting.resolve(taken.reply);
        // A server that is full or in protected mode says so unasked, and closes.
        else this.#fail(taken.reply instanceof ReplyError ? taken.reply : new WireError('NO_REDIS'));
      }
    } catch {
      this.#fail(new WireError('NO_REDIS'));
    }
    if (this.#received.length > longestReply) this.#fail(new WireError('REPLY_TOO_LONG'));
  }

  #fail(error: Error): void {
    this.#failure ??= error instanceof ReplyError || error instanceof WireError ? error : reduced(error);
    this.#socket?.destroy();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** verify-full: a chain to the CA, and this very host name, be it a name or an address. */
function connectVerified({ host, port }: Endpoint, { ca }: { ca: string }): Socket {
  return connectTls({
    host,
    port,
    ...(ca === 'public' ? {} : { ca }),
    // An address is no server name (RFC 6066, section 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  });
}

function reduced(error: Error): WireError {
  return new WireError('code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN');
}
