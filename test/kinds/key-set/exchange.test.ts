import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import { type Algorithm, algorithms } from '../../../lib/kinds/key-set/algorithms.ts';
import { keySet } from '../../../lib/kinds/key-set/facts.ts';
import type { KeySet } from '../../../lib/kinds/key-set/key-set.ts';
import type { Target } from '../../../lib/kinds/key-set/schema.ts';
import { openHolder, openIssuer } from '../../../lib/rehearsal/estates/services/tokens/issuer.ts';
import { answer } from '../../../lib/rehearsal/estates/services/tokens/verifier.ts';
import { fieldsIn, kind } from './harness.ts';
import { verifierOf } from './verifier-service.ts';

/** A service of two tasks behind one address: restarted one task after the other, and a request may meet either. */
class Service {
  readonly #program: (fields: Record<string, string>) => RequestListener;
  #tasks: Server[] = [];
  #asked = 0;

  constructor(program: (fields: Record<string, string>) => RequestListener) {
    this.#program = program;
  }

  async start(value: SecretValue): Promise<void> {
    this.#tasks = [await this.#task(value), await this.#task(value)];
  }

  /** One task after the other is replaced by one that reads this version; `between` runs after each. */
  async restart(value: SecretValue, between: () => Promise<void>): Promise<void> {
    for (const index of this.#tasks.keys()) {
      const [old] = this.#tasks.splice(index, 1, await this.#task(value));
      await close(old);
      await between();
    }
  }

  async ask(headers: Record<string, string> = {}): Promise<Response> {
    this.#asked += 1;
    const task = this.#tasks[this.#asked % this.#tasks.length] as Server;
    return fetch(`http://127.0.0.1:${(task.address() as AddressInfo).port}/`, { headers });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map(close));
  }

  async #task(value: SecretValue): Promise<Server> {
    const server = createServer(this.#program(fieldsIn(value)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }
}

async function close(server: Server | undefined): Promise<void> {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
}

function issuing({ apiKey, jwk = '' }: Record<string, string>): RequestListener {
  const issuer = apiKey === undefined ? openIssuer(jwk, { issuer: 'shop', lifeSeconds: 60 }) : openHolder(apiKey);
  return (_, response) => void issuer.issue().then((token) => response.end(token));
}

function verifying(fields: Record<string, string>): RequestListener {
  const verifier = verifierOf(fields);
  return (request, response) => void answer(verifier, request, response);
}

/** Two services, and every token that the one gave out and the other must still take. */
class Exchange {
  readonly issuer = new Service(issuing);
  readonly verifier = new Service(verifying);
  accepted = 0;
  rejected = 0;
  #alive: string[] = [];

  async start(value: SecretValue): Promise<void> {
    await Promise.all([this.issuer.start(value), this.verifier.start(value)]);
  }

  /** New tokens and old ones, each shown to both tasks. */
  readonly trade = async (): Promise<void> => {
    for (let task = 0; task < 2; task += 1) this.#alive.push(await (await this.issuer.ask()).text());
    for (const token of [...this.#alive, ...this.#alive]) {
      const { status } = await this.verifier.ask({ authorization: `Bearer ${token}` });
      if (status === 200) this.accepted += 1;
      else this.rejected += 1;
    }
  };

  /** Which tokens live on when the last holder of the key before this version has been gone for a token life. */
  expireAllBut(count: number): void {
    this.#alive = this.#alive.slice(-count);
  }

  async stop(): Promise<void> {
    await Promise.all([this.issuer.stop(), this.verifier.stop()]);
  }
}

function targetOf(algorithm: Algorithm): Target {
  const seconds = algorithm === 'opaque' ? { holdersFetchWithinSeconds: 60 } : { maximumTokenLifeSeconds: 60 };
  return keySet.parseTarget({ algorithm, ...seconds, noVerifier: 'a test' });
}

const orders = ['the issuer first', 'the verifier first'] as const;

describe.each(algorithms)('two services that exchange tokens by %s', { timeout: 60_000 }, (algorithm) => {
  const target = targetOf(algorithm);
  const successor = (value: SecretValue) => kind.propose(target, kind.parse(value, target) as KeySet);

  it.each(orders)('reject none while they turn, are taken back, and turn again: %s', async (order) => {
    const exchange = new Exchange();
    const { issuer, verifier, trade } = exchange;
    const services = order === 'the issuer first' ? [issuer, verifier] : [verifier, issuer];
    const restart = async (value: SecretValue) => {
      for (const service of services) await service.restart(value, trade);
    };
    const first = kind.propose(target, undefined);
    await exchange.start(first);
    try {
      await trade();
      const second = successor(first);
      await restart(second);
      // Only what the second's keys signed is still alive: createSecret waits for that.
      exchange.expireAllBut(2);
      const third = successor(second);
      await restart(third);
      await restart(second);
      const fourth = successor(second);
      await restart(fourth);
      expect(exchange.rejected).toBe(0);
      expect(exchange.accepted).toBeGreaterThan(100);
    } finally {
      await exchange.stop();
    }
  });

  it('taken back in the middle, with one service turned and the other not, reject none', async () => {
    for (const turned of ['issuer', 'verifier'] as const) {
      const exchange = new Exchange();
      const first = successor(kind.propose(target, undefined));
      await exchange.start(first);
      try {
        await exchange.trade();
        await exchange[turned].restart(successor(first), exchange.trade);
        await exchange[turned].restart(first, exchange.trade);
        expect(exchange.rejected).toBe(0);
      } finally {
        await exchange.stop();
      }
    }
  });

  it('adopt a key that both knew alone', async () => {
    const grown = fieldsIn(kind.propose(target, undefined));
    const field = algorithm === 'opaque' ? 'apiKey' : algorithm.startsWith('HS') ? 'key' : 'pem';
    const alone = kind.parse(
      kind.propose(target, undefined).map(() => JSON.stringify({ algorithm, [field]: grown[field] })),
      target,
    ) as KeySet;
    const exchange = new Exchange();
    // What the services are moved to first has the key that they had, and one to come.
    const first = kind.propose(target, alone);
    expect(fieldsIn(first)[field]).toBe(grown[field]);
    await exchange.start(first);
    try {
      await exchange.trade();
      const second = successor(first);
      for (const service of [exchange.issuer, exchange.verifier]) await service.restart(second, exchange.trade);
      expect(exchange.rejected).toBe(0);
    } finally {
      await exchange.stop();
    }
  });

  it('do reject where a token outlives its key, and whoever an emergency has caught', async () => {
    const exchange = new Exchange();
    const first = successor(kind.propose(target, undefined));
    await exchange.start(first);
    try {
      await exchange.trade();
      const emergency = kind.propose(target, kind.parse(first, target) as KeySet, { nowMs: 0, emergency: true });
      await exchange.issuer.restart(emergency, exchange.trade);
      expect(exchange.rejected).toBe(0);
      await exchange.verifier.restart(emergency, async () => undefined);
      await exchange.trade();
      expect(exchange.rejected).toBeGreaterThan(0);
    } finally {
      await exchange.stop();
    }
  });
});
