import { supplied } from '../../../kinds/supplied/facts.ts';
import { providerOf, type Target } from '../../../kinds/supplied/target.ts';
import { CannotStart } from '../../estates/cannot-start.ts';
import { useKey } from '../../estates/services/providers/use-key.ts';
import type { DeclaredSecret, StandIn } from '../stand-in.ts';
import { AnthropicServer } from './anthropic-server.ts';
import { attend } from './human.ts';

const plaintext = 'the provider of the rehearsal is on loopback';

/** A server that keeps to Anthropic's documented API, and the people at its console. */
export const standIn: StandIn = {
  title: 'a provider’s console',
  sample: {
    target: { provider: 'anthropic', noLastUse: 'its one service is refreshed and proven' },
  },
  missing: undefined,
  async start(secrets, { world }) {
    const parsed = secrets.map((secret) => ({ ...secret, target: targetOf(secret) }));
    for (const { name, target } of parsed) {
      const { id } = providerOf(target);
      if (id !== 'anthropic')
        throw new CannotStart(`the rehearsal has no server for the provider ${id} of ${name}: it has anthropic`);
    }
    const server = new AnthropicServer();
    // Half a second and a little less: a key that is used or taken for dead too early shows.
    Object.assign(server, { propagationMs: 500, appearingMs: 400 });
    await server.start();
    const accounts = new Map(secrets.map(({ name }) => [name, server.account({ name })]));
    const accountOf = ({ name }: Pick<DeclaredSecret, 'name'>) => {
      const account = accounts.get(name);
      if (account === undefined) throw new Error(`no provider stands in for ${name}`);
      return account;
    };
    const origins = { api: server.origin };
    const parameters = {};
    let leave: () => void = () => undefined;

    return {
      aim: ({ declaration }) => ({ ...declaration, target: { ...(declaration.target as object), origins, plaintext } }),
      async credential(secret) {
        const key = server.make(accountOf(secret), 'made by a human', {});
        key.knownFromMs = 0;
        return JSON.stringify({ provider: 'anthropic', value: key.value, identity: key.id });
      },
      async attend() {
        leave = await attend(
          world,
          secrets.map((secret) => ({
            secret: secret.name,
            makeKey: () => server.make(accountOf(secret), 'made by a human', {}),
            destroyKey(identity) {
              const key = accountOf(secret).keys.get(identity);
              if (key !== undefined && !key.deleted) server.delete(key);
            },
          })),
        );
      },
      async ask(_, value) {
        const status = await useKey('anthropic', { origins, parameters, fields: JSON.parse(value) });
        if (status === 200) return 'accepted';
        if (status === 401) return 'refused';
        throw new Error(`the provider answered ${status}`);
      },
      settings: () => ({ provider: 'anthropic', origins, parameters }),
      async work(_, { fromMs, toMs }, newValue) {
        // Before the promotion nobody else has the new key.
        const { value } = JSON.parse(newValue ?? '{}') as { value?: string };
        const ours = server.answers.filter(({ atMs, key }) => atMs >= fromMs && atMs <= toMs && key === value);
        const refused = ours.filter(({ status }) => status === 401).length;
        return { failedLogins: refused, connections: 0, requests: ours.length };
      },
      log: async () => '',
      async stop() {
        leave();
        await server.stop();
      },
    };
  },
};

function targetOf({ declaration }: DeclaredSecret): Target {
  return supplied.parseTarget(declaration.target);
}
