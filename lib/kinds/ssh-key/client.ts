import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import type { Client } from 'ssh2';
import type { Credential } from './credential.ts';
import { explain, type Failure } from './failure.ts';
import type { Host } from './schema.ts';

export interface Login {
  host: Host;
  credential: Credential;
  /** Whether `id -un` is run; else nothing is. */
  probe: boolean;
  /** Ends the connection, whatever it is doing. */
  signal: AbortSignal;
}

const connectMs = 5_000;
/** Key exchange, authentication and the probe together; sshd itself gives a login two minutes. */
const loginMs = 15_000;
/** For the host to see the good-bye; after it the socket is destroyed. */
const farewellMs = 1_000;
/** Of the probe's answer: a user's name. */
const answerLength = 256;

/** The door to sshd. */
export class SshDoor {
  /**
   * Logs in with the key, and out. One attempt with one key: no agent, no password, no other method.
   * @returns what `id -un` said; undefined without the probe
   * @throws the KeyturnErrors of `explain`
   */
  async logIn({ host, credential, probe, signal }: Login): Promise<string | undefined> {
    const socket = new Socket();
    const failure: Failure = { phase: 'connect' };
    const cut = () => {
      failure.late = true;
      socket.destroy(new Error('late'));
    };
    signal.addEventListener('abort', cut);
    try {
      signal.throwIfAborted();
      await inTime(connectMs, cut, () => connected(socket, host));
      failure.phase = 'login';
      return await inTime(loginMs, cut, () => session(socket, { host, credential, probe, signal }, failure));
    } catch (error) {
      if (signal.aborted) failure.late = true;
      failure.code ??= codeOf(error);
      throw explain(failure, host, credential);
    } finally {
      signal.removeEventListener('abort', cut);
      socket.destroy();
    }
  }
}

async function inTime<T>(budgetMs: number, late: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(late, budgetMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

function connected(socket: Socket, { host, port }: Host): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('connect', () => resolve());
    // Without an error of its own, when it is destroyed.
    socket.once('close', () => reject(new Error('closed')));
    socket.setNoDelay(true).connect(port, host);
  });
}

async function session(socket: Socket, login: Login, failure: Failure): Promise<string | undefined> {
  // Loaded when a host is first talked to. A bundle knows a CommonJS module by its default export alone.
  const { default: driver } = await import('ssh2');
  const client: Client = new driver.Client();
  const { host, credential, probe } = login;
  try {
    await ready(client, socket, host, credential, failure);
    failure.phase = 'probe';
    return probe ? await effectiveUser(client) : undefined;
  } finally {
    // An error now changes nothing: the work is done, or has failed with an error of its own.
    client.on('error', () => undefined);
    await farewell(client, socket);
  }
}

function ready(client: Client, socket: Socket, host: Host, credential: Credential, failure: Failure): Promise<void> {
  let asked = false;
  return new Promise((resolve, reject) => {
    client.once('ready', resolve).once('error', reject);
    client.once('close', () => reject(new Error('closed')));
    client.connect({
      sock: socket,
      username: credential.username,
      // Its own limit is not needed.
      readyTimeout: 0,
      hostVerifier: (key: Buffer) => {
        failure.hostKey = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        failure.hostKnown = host.hostKeys.includes(failure.hostKey);
        return failure.hostKnown;
      },
      authHandler: (methods, partly) => {
        if (!asked) {
          asked = true;
          const { username, privateKey } = credential;
          return { type: 'publickey', username, key: privateKey.reveal() };
        }
        failure.refusal = { methods: methods ?? [], partly: partly === true };
        // No other method: the login is over.
        return false as never;
      },
    });
  });
}

function effectiveUser(client: Client): Promise<string> {
  return new Promise((resolve, reject) => {
    client.once('error', reject).once('close', () => reject(new Error('closed')));
    client.exec('id -un', (error, channel) => {
      if (error) return reject(error);
      let answer = '';
      channel.on('data', (bytes: Buffer) => {
        answer = `${answer}${bytes.toString('latin1')}`.slice(0, answerLength);
      });
      channel.stderr.resume();
      channel.once('close', () => resolve(answer.trim()));
    });
  });
}

/** Waits until the host has closed its side: its session is gone then, or about to. */
async function farewell(client: Client, socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const timer = setTimeout(() => socket.destroy(), farewellMs);
  client.end();
  await gone;
  clearTimeout(timer);
}

/** Of Node's error or the driver's: the only part of it that is kept. */
function codeOf(error: unknown): string | undefined {
  const { code, level } = error as { code?: unknown; level?: unknown };
  if (typeof code === 'string') return code;
  return typeof level === 'string' ? level : undefined;
}
