import { createHash } from 'node:crypto';
import { secretNameOf } from '../../../core/secret-arn.ts';
import { httpApiKey } from '../../../kinds/http-api-key/facts.ts';
import { providerOf, type Target } from '../../../kinds/http-api-key/target.ts';
import { CannotStart } from '../../estates/cannot-start.ts';
import { useKey } from '../../estates/services/providers/use-key.ts';
import { startAll } from '../by-server.ts';
import type { DeclaredSecret, StandIn } from '../stand-in.ts';
import type { Account, ApiServer } from './providers/api-server.ts';
import { CloudflareServer, R2Server } from './providers/cloudflare.ts';
import { OpenAiAdminKeyServer, OpenAiServiceAccountServer } from './providers/openai.ts';
import { SendGridServer } from './providers/sendgrid.ts';
import { TypesenseServer } from './providers/typesense.ts';

/** Servers that keep to a provider's documented API, by the preset's id. */
const providers: Readonly<Record<string, new () => ApiServer>> = {
  'cloudflare-r2': R2Server,
  'cloudflare-token': CloudflareServer,
  'openai-admin-key': OpenAiAdminKeyServer,
  'openai-service-account': OpenAiServiceAccountServer,
  sendgrid: SendGridServer,
  typesense: TypesenseServer,
};

const plaintext = 'the provider of the rehearsal is on loopback';

interface Place {
  target: Target;
  server: ApiServer;
  account: Account;
  /** Of its origins, each by its name. */
  origins: Readonly<Record<string, string>>;
}

/** For each provider of the inventory a server that keeps to its documented API. */
export const standIn: StandIn = {
  title: "providers' APIs",
  sample: {
    target: {
      provider: 'sendgrid',
      adminSecret: 'kinds/sendgrid-admin',
      parameters: { scopes: ['mail.send'] },
      noLastUse: 'the one consumer is refreshed and proven',
    },
    views: { 'kinds/SENDGRID_API_KEY': '{value}' },
  },
  missing: undefined,
  async start(secrets, { admins }) {
    const parsed = secrets.map((secret) => ({ ...secret, target: targetOf(secret) }));
    const ids = [...new Set(parsed.map(({ target }) => providerOf(target).id))];
    for (const { name, target } of parsed) {
      if (typeof target.provider === 'string' && Object.hasOwn(providers, target.provider)) continue;
      throw new CannotStart(
        `the rehearsal has no server for the provider ${providerOf(target).id} of ${name}: it has ${Object.keys(providers).join(', ')}`,
      );
    }
    const servers = await startAll(ids, async (id) => {
      const Server = providers[id];
      if (Server === undefined) throw new CannotStart(`the rehearsal has no server for the provider ${id}`);
      const server = new Server();
      // Half a second and a little less: a key that is used or taken for dead too early shows.
      Object.assign(server, { propagationMs: 500, appearingMs: 400 });
      return await server.start();
    });
    const places = new Map<string, Place>();
    for (const { name, target } of parsed) {
      const server = servers[ids.indexOf(providerOf(target).id)];
      if (server === undefined) continue;
      const given = { name: accountOf(target), adminKey: admins.key(target.adminSecret) };
      const account =
        server.accounts.find(({ name: known, adminKey }) => known === given.name && adminKey === given.adminKey) ??
        server.account(given);
      const origins = Object.fromEntries(Object.keys(providerOf(target).origins).map((each) => [each, server.origin]));
      places.set(name, { target, server, account, origins });
    }
    function placeOf({ name }: DeclaredSecret): Place {
      const place = places.get(name);
      if (place === undefined) throw new Error(`no provider stands in for ${name}`);
      return place;
    }

    return {
      aim(secret) {
        const { target, origins } = placeOf(secret);
        const adminSecret = secretNameOf(target.adminSecret);
        return { ...secret.declaration, target: { ...target, origins, adminSecret, plaintext } };
      },
      async credential(secret) {
        const { target, server, account } = placeOf(secret);
        const { parameters = {} } = target;
        const key = server.make(account, 'made by a human', rightsOf(parameters));
        key.knownFromMs = 0;
        const pair = { accessKeyId: key.id, secretAccessKey: createHash('sha256').update(key.value).digest('hex') };
        const derived = providerOf(target).derived === undefined ? {} : pair;
        return JSON.stringify({ provider: target.provider, id: key.id, value: key.value, ...derived });
      },
      async ask(secret, value) {
        const { target, origins } = placeOf(secret);
        const { parameters = {} } = target;
        const status = await useKey(providerOf(target).id, { origins, parameters, fields: JSON.parse(value) });
        if (status >= 200 && status < 300) return 'accepted';
        if (status === 401) return 'refused';
        throw new Error(`the provider answered ${status}`);
      },
      settings(secret) {
        const { target, origins } = placeOf(secret);
        return { provider: providerOf(target).id, origins, parameters: target.parameters ?? {} };
      },
      async work(secret, { fromMs, toMs }, newValue) {
        const { server, account } = placeOf(secret);
        // Before the promotion nobody else has the new key.
        const { id = '', value } = JSON.parse(newValue ?? '{}') as { id?: string; value?: string };
        const keys = [account.adminKey, id, value];
        const ours = server.answers.filter(({ atMs, key }) => atMs >= fromMs && atMs <= toMs && keys.includes(key));
        const refused = ours.filter(({ status }) => status === 401).length;
        return { failedLogins: refused, connections: 0, requests: ours.length };
      },
      log: async () => '',
      stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  },
};

function targetOf({ declaration }: DeclaredSecret): Target {
  return httpApiKey.parseTarget(declaration.target);
}

/** The provider's account that the inventory names; else one for each admin key. */
function accountOf({ parameters = {}, adminSecret }: Target): string {
  const { account, project } = parameters;
  if (typeof account === 'string') return account;
  return typeof project === 'string' ? project.replace(/^proj_/, '') : secretNameOf(adminSecret);
}

function rightsOf(parameters: Readonly<Record<string, unknown>>): unknown {
  const { scopes, policies, actions, collections } = parameters;
  return scopes ?? policies ?? { actions, collections };
}
