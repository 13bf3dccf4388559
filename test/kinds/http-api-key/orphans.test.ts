import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SendGridServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/sendgrid.ts';
import { turnThrough } from '../../crash/world-goes-on.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { type CrashMode, Seam } from '../../support/seam.ts';
import '../../support/seamed-clients.ts';
import { type ApiKeyEstate, estateOf } from './harness.ts';
import { kind } from './scene.ts';

let server: SendGridServer;
beforeEach(async () => {
  server = await new SendGridServer().start();
});
afterEach(() => server.stop());

async function houseOf(estate: ApiKeyEstate, seam: Seam): Promise<House> {
  return await buildHouse({
    seam,
    estate: {
      kind: kind as never,
      target: estate.target,
      initial: estate.current,
      adminSecret: { name: 'sendgrid/admin', value: await estate.context().admin() },
      clock: server.clock,
    },
  });
}

/** The POST's place among the external calls of a clean rotation. */
async function indexOfMint(): Promise<number> {
  const seam = new Seam();
  const house = await houseOf(estateOf(server), seam);
  try {
    await turnThrough(house);
    return seam.calls.indexOf('rotate: http:POST /v3/api_keys');
  } finally {
    await house.close();
  }
}

// Looked at with the provider's own list: the crash matrix asks the kind.
describe('a key that was minted and never stored', () => {
  it.each<[CrashMode, number]>([
    ['killed after', 0],
    ['timed out with effect', 0],
    ['killed before', 1],
    ['killed after', 1],
    ['throttled', 1],
    ['timed out with effect', 1],
  ])('is gone after the next try (%s, %i calls after the POST), and no key of anybody else', async (mode, after) => {
    const index = (await indexOfMint()) + after;
    const estate = estateOf(server);
    const strangers = ['', 'keyturn', 'keyturn/house/db~000000000000/token', 'marketing'].map((name) =>
      server.make(estate.account, name, []),
    );
    const seam = new Seam();
    const house = await houseOf(estate, seam);
    seam.arm({ index, mode });
    try {
      await turnThrough(house);
      expect(house.records.at(-1)).toMatchObject({ result: 'retired', finality: 'destroyed' });
      const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
      const left = server.listed(estate.account).map(({ id }) => id);
      expect(left.sort()).toEqual([...strangers.map(({ id }) => id), kind.parse(current, estate.target)?.id].sort());
      expect(await estate.logIn(current)).toBe('accepted');
    } finally {
      await house.close();
    }
  });
});
