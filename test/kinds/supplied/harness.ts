import { randomUUID } from 'node:crypto';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { formatSupplied } from '../../../lib/core/supplied.ts';
import type { Credential } from '../../../lib/kinds/supplied/credential.ts';
import { supplied } from '../../../lib/kinds/supplied/facts.ts';
import { createKind } from '../../../lib/kinds/supplied/index.ts';
import type { Target } from '../../../lib/kinds/supplied/target.ts';
import type { Account, StoredKey } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/api-server.ts';
import { AnthropicServer } from '../../../lib/rehearsal/stand-ins/supplied/anthropic-server.ts';
import type { KindEstate, KindHarness } from '../../support/describe-kind.ts';

export interface SuppliedEstate extends KindEstate<Target> {
  account: Account;
  byHand: StoredKey;
  human: { supply(): SecretValue; destroy(identity: string): Promise<void> };
}

const secretOf = ({ id, value }: { id: string; value: string }) =>
  SecretValue.of(JSON.stringify({ provider: 'anthropic', value, identity: id, note: 'kept' }));

export function estateOf(server: AnthropicServer): SuppliedEstate {
  const account = server.account();
  const target = supplied.parseTarget(server.target(account));
  const byHand = server.make(account, 'the first', {});
  byHand.knownFromMs = 0;
  const secretArn = `arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/key-${randomUUID().slice(0, 6)}`;
  const context = (signal = new AbortController().signal): KindContext<Target> => ({
    target,
    secretArn,
    admin: () => Promise.reject(new Error('there is no admin')),
    clock: server.clock,
    signal,
  });
  return {
    account,
    byHand,
    target,
    current: secretOf(byHand),
    absentIdentity: 'apikey_01absent',
    mismatches: { provider: SecretValue.of(JSON.stringify({ provider: 'another', value: byHand.value })) },
    otherSecrets: [account.adminKey],
    context,
    async logIn(value) {
      // Whatever was changed is known everywhere by then.
      await server.clock.sleep(server.propagationMs);
      const status = await server.use(value.reveal(), account);
      if (status === 200) return 'accepted';
      if (status === 401) return 'refused';
      throw new Error(`the provider answered ${status}`);
    },
    async use(value) {
      await server.use(value.reveal(), account);
      return { end: async () => undefined };
    },
    human: {
      supply() {
        const { id, value } = server.make(account, 'made in the console', {});
        return formatSupplied({ value: SecretValue.of(value), identity: id });
      },
      async destroy(identity) {
        const key = account.keys.get(identity);
        if (key === undefined) throw new Error(`the console shows no key ${identity}`);
        server.delete(key);
        // A person is slower than the provider.
        await server.clock.sleep(server.propagationMs);
      },
    },
    spoil: (value) => {
      const { identity, value: key } = JSON.parse(value.reveal()) as { identity: string; value: string };
      return secretOf({ id: identity, value: `${key.slice(0, -4)}zzzz` });
    },
    tellsUse: false,
    failedLogins: async () => server.refusals,
  };
}

export async function startWith(server: AnthropicServer): Promise<KindHarness<Target, Credential>> {
  await server.start();
  return { kind: createKind(), estate: async () => estateOf(server), stop: () => server.stop() };
}

export function startHarness(): Promise<KindHarness<Target, Credential>> {
  return startWith(new AnthropicServer());
}
