import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';

/** One secret as a task definition gives it to a service: what is injected where, and what it must know beside that. */
export const Given = z.object({
  /** Whose module in `uses/` knows what to do with it. */
  kind: z.string(),
  /** Environment variables that hold one field alone, by the field's name. */
  fields: z.record(z.string(), z.string()),
  /** Environment variables that hold a URL with the login in it. */
  urls: z.array(z.string()),
  settings: z.record(z.string(), z.unknown()),
});
export type Given = z.infer<typeof Given>;

/** A credential in a service's hands. */
export interface Credential {
  /** Values, by field. */
  fields: Readonly<Record<string, string>>;
  urls: readonly URL[];
  settings: Readonly<Record<string, unknown>>;
  /** PEM: what servers are verified with. */
  ca: string;
  /** The service's own name. */
  service: string;
}

/** What a service answers at a path of its own. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What a service does with one credential, for as long as it runs. */
export interface Use {
  /** Paths at which others use the service by the same credential. */
  routes?: Readonly<Record<string, Route>>;
  /** Uses it once, as each request does. @throws Error when the target does not do what it is asked */
  work(): Promise<unknown>;
  /** Signs in with it afresh. */
  check(): Promise<unknown>;
  close(): Promise<void>;
}

/** What each module in `uses/` exports. */
export interface UseModule {
  openUse(credential: Credential): Use;
}

/**
 * Uses that are the same credential in several forms: each piece of work is done with the next of them, a check with all.
 */
export function inTurn(uses: readonly Use[]): Use {
  let turn = 0;
  return {
    async work() {
      const use = uses[turn % uses.length];
      turn += 1;
      await use?.work();
    },
    check: () => Promise.all(uses.map((use) => use.check())),
    close: async () => void (await Promise.all(uses.map((use) => use.close()))),
  };
}

export interface Login {
  host: string;
  port: number;
  username: string;
  password: string;
}

/**
 * Every login that a credential was given as: each URL; and a password by itself, whose user name stands beside it, or in
 * one of the URLs, or in the settings.
 */
export function loginsOf({ fields, urls, settings }: Credential): (Login & { path: string })[] {
  const [first] = urls;
  const inUrls = urls.map((url) => ({
    host: url.hostname,
    port: Number(url.port),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    path: url.pathname.slice(1),
  }));
  const { password } = fields;
  if (password === undefined) return inUrls;
  const username = fields['username'] ?? (first ? decodeURIComponent(first.username) : String(settings['username']));
  const alone = { host: String(settings['host']), port: Number(settings['port']), username, password };
  return [...inUrls, { ...alone, path: String(settings['database'] ?? '') }];
}
