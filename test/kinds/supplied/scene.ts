import { randomUUID } from 'node:crypto';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { formatSupplied } from '../../../lib/core/supplied.ts';
import { createKind } from '../../../lib/kinds/supplied/index.ts';
import type { StoredKey } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/api-server.ts';
import { AnthropicServer } from '../../../lib/rehearsal/stand-ins/supplied/anthropic-server.ts';
import { beginRotation } from '../../support/begin-rotation.ts';
import { buildHouse } from '../../support/house.ts';
import { estateOf } from './harness.ts';

/** A provider, a human, and all of Keyturn's core. */
export async function openScene() {
  const server = await new AnthropicServer().start();
  const provider = estateOf(server);
  const human = { destroy: provider.human.destroy };
  const house = await buildHouse({
    estate: {
      kind: createKind(),
      target: provider.target,
      initial: provider.current,
      adminSecret: undefined,
      clock: server.clock,
      human: { supply: provider.human.supply, destroy: (identity) => human.destroy(identity) },
    },
  });
  const { store, secretArn } = house;
  return {
    server,
    provider,
    house,
    /** What the human does when asked to destroy. */
    human,
    makeKey: () => server.make(provider.account, 'made in the console', {}),
    async supply({ id, value }: Pick<StoredKey, 'id' | 'value'>) {
      const versionId = randomUUID();
      const text = formatSupplied({ value: SecretValue.of(value), identity: id });
      await store.put(secretArn, versionId, text, 'KEYTURN_SUPPLIED');
      return versionId;
    },
    suppliedOn: async () => (await store.describe(secretArn)).supplied,
    valueOf: async (versionId: string) => JSON.parse((await store.read(secretArn, { versionId })).reveal()).value,
    /** RotateSecret, the test playing Secrets Manager. */
    begin: () => beginRotation(house),
    async close() {
      await house.close();
      await server.stop();
    },
  };
}

export const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
