import { createHash, randomUUID } from 'node:crypto';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Credential } from '../../../lib/kinds/http-api-key/credential.ts';
import { httpApiKey } from '../../../lib/kinds/http-api-key/facts.ts';
import { createKind } from '../../../lib/kinds/http-api-key/index.ts';
import { providerOf, type Target } from '../../../lib/kinds/http-api-key/target.ts';
import type {
  Account,
  ApiServer,
  StoredKey,
} from '../../../lib/rehearsal/stand-ins/http-api-key/providers/api-server.ts';
import { SendGridServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/sendgrid.ts';
import type { KindEstate, KindHarness } from '../../support/describe-kind.ts';

export interface ApiKeyEstate extends KindEstate<Target> {
  account: Account;
  /** The key that a human made, in the secret's first value. */
  byHand: StoredKey;
}

/** What a secret holds of a key. */
export function secretOf(target: Target, { id, value }: { id: string; value: string }): SecretValue {
  const pair = { accessKeyId: id, secretAccessKey: createHash('sha256').update(value).digest('hex') };
  const derived = target.provider === 'cloudflare-r2' ? pair : {};
  return SecretValue.of(JSON.stringify({ provider: target.provider, id, value, ...derived, note: 'kept' }));
}

export function estateOf(server: ApiServer): ApiKeyEstate {
  const account = server.account();
  const target = httpApiKey.parseTarget(server.target(account));
  const byHand = server.make(
    account,
    'made by a human',
    target.parameters?.['scopes'] ?? target.parameters?.['policies'] ?? {},
  );
  byHand.knownFromMs = 0;
  const secretArn = `arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/key-${randomUUID().slice(0, 6)}`;
  const context = (signal = new AbortController().signal): KindContext<Target> => ({
    target,
    secretArn,
    admin: async () => SecretValue.of(account.adminKey),
    clock: server.clock,
    signal,
  });
  return {
    account,
    byHand,
    target,
    current: secretOf(target, byHand),
    absentIdentity: '424242',
    mismatches: {
      provider: SecretValue.of(JSON.stringify({ provider: 'another', id: byHand.id, value: byHand.value })),
    },
    otherSecrets: [account.adminKey],
    context,
    async logIn(value) {
      // Whatever was changed is known everywhere by then.
      await server.clock.sleep(server.propagationMs);
      const status = await server.use(value.reveal(), account);
      if (status >= 200 && status < 300) return 'accepted';
      if (status === 401) return 'refused';
      throw new Error(`the provider answered ${status}`);
    },
    async use(value) {
      await server.use(value.reveal(), account);
      return {
        async end() {
          // Some providers tell the use to the second.
          await server.clock.sleep(1_000);
        },
      };
    },
    spoil: (value) => {
      const { id, value: key } = JSON.parse(value.reveal()) as { id: string; value: string };
      return secretOf(target, { id, value: `${key.slice(0, -4)}zzzz` });
    },
    tellsUse: providerOf(target).lastUse !== undefined,
    failedLogins: async () => server.refusals,
  };
}

/** The kind against one provider's server. */
export async function startWith(server: ApiServer): Promise<KindHarness<Target, Credential>> {
  await server.start();
  return { kind: createKind(), estate: async () => estateOf(server), stop: () => server.stop() };
}

/** The provider that is hardest on a crash: it cannot take a revocation back, and does not tell a limit from a missing permission. */
export function startHarness(): Promise<KindHarness<Target, Credential>> {
  return startWith(new SendGridServer());
}
