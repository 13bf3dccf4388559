import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ChosenKind } from '../../../lib/core/kind.ts';
import { performRetirement } from '../../../lib/core/rollout/perform-retirement.ts';
import type { RetireRequest } from '../../../lib/core/rollout/requests.ts';
import { buildHouse, type House } from '../../support/house.ts';

let house: House;
let told: { verb: string; names: (string | undefined)[] }[];
beforeEach(async () => {
  house = await buildHouse();
  told = [];
});
afterEach(() => house.close());

/** The two versions that a finished step has left: AWSCURRENT, and a pending one beside it. */
async function withPending(): Promise<{ current: string; pending: string }> {
  const pending = randomUUID();
  const { AWSCURRENT: current = '' } = await house.labelsOf();
  const value = (await house.store.read(house.secretArn, { label: 'AWSCURRENT' })).map((text) =>
    JSON.stringify({ ...JSON.parse(text), name: 'app_clone' }),
  );
  await house.store.put(house.secretArn, pending, value, 'AWSPENDING');
  return { current, pending };
}

async function retire(request: RetireRequest): Promise<void> {
  const name = (credential: unknown) => (credential as { name: string } | undefined)?.name;
  const kind: ChosenKind<unknown, unknown> = {
    ...(house.kind as ChosenKind<unknown, unknown>),
    async enable(context, credential, keep) {
      told.push({ verb: 'enable', names: [name(credential), name(keep)] });
      await house.kind.enable(context, credential, keep);
    },
    async discard(_, identity, known) {
      told.push({ verb: 'discard', names: [identity, name(known?.abandoned), name(known?.current)] });
    },
  };
  await performRetirement(request, { ...house.parts, kind });
}

it('enable is told what the target must go on accepting', async () => {
  const { current, pending } = await withPending();
  await retire({ op: 'enable', secretArn: house.secretArn, keep: pending, retire: current });
  expect(told).toEqual([{ verb: 'enable', names: ['app', 'app_clone'] }]);
});

it('so it is when a refused predecessor is installed again', async () => {
  const { current, pending } = await withPending();
  house.target.accounts.clear();
  await retire({ op: 'verify-predecessor', secretArn: house.secretArn, keep: pending, retire: current });
  expect(told).toEqual([{ verb: 'enable', names: ['app', 'app_clone'] }]);
});

it('an abandoned credential is discarded beside the current one', async () => {
  const { pending } = await withPending();
  await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: pending });
  await retire({ op: 'discard-abandoned', secretArn: house.secretArn, versionId: pending });
  expect(told).toEqual([{ verb: 'discard', names: ['app_clone', 'app_clone', 'app'] }]);
});
