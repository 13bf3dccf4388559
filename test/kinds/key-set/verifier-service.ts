import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  answer,
  openKeyring,
  openVerifier,
  type Verifier,
} from '../../../lib/rehearsal/estates/services/tokens/verifier.ts';

/** What a consumer is given of a version: a view of its accepted keys. */
export function verifierOf(fields: Record<string, string>): Verifier {
  const { acceptedHashes, jwks, secretJwks } = fields;
  return acceptedHashes !== undefined ? openKeyring(acceptedHashes) : openVerifier(jwks ?? secretJwks ?? '');
}

/** A consumer that verifies, on loopback: it knows what it read when it was (re)started, and nothing else. */
export class VerifierService {
  url = '';
  refusals = 0;
  /** Until it is given a set it accepts nothing. */
  #verifier: Verifier = { accepts: async () => false };
  readonly #server: Server = createServer((request, response) => {
    void answer(this.#verifier, request, response).then(() => {
      if (response.statusCode === 401) this.refusals += 1;
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/me`;
  }

  /** As a restart with another version of its view. */
  reload(fields: Record<string, string>): void {
    this.#verifier = verifierOf(fields);
  }

  /** Whether a request with this token gets through, by another client than the kind's. */
  async accepts(token: string): Promise<boolean> {
    const { status } = await fetch(this.url, { headers: { authorization: `Bearer ${token}` } });
    if (status === 200 || status === 401) return status === 200;
    throw new Error(`the verifier answered ${status}`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
