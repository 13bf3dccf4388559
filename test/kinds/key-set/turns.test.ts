import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { keySet } from '../../../lib/kinds/key-set/facts.ts';
import type { Target } from '../../../lib/kinds/key-set/schema.ts';
import { realClock } from '../../support/clocks.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { fieldsIn, grownSet, kind } from './harness.ts';
import { VerifierService } from './verifier-service.ts';

const life = 3600;
let service: VerifierService;
let house: House;
let offsetMs: number;

beforeEach(async () => {
  offsetMs = 0;
  service = new VerifierService();
  await service.start();
});
afterEach(async () => {
  await house.close();
  await service.stop();
});

const verified = () => ({ verifiers: [{ url: service.url, plaintext: 'on this machine' }] });

/** All of Keyturn's core with the secret's one consumer: a verifier that reads the set when it is restarted. */
async function begin(initial: object | undefined, how: object = verified()): Promise<void> {
  const target = keySet.parseTarget({ algorithm: 'ES256', maximumTokenLifeSeconds: life, ...how });
  const value = initial === undefined ? grownSet(target) : SecretValue.of(JSON.stringify(initial));
  house = await buildHouse({
    rotationAttempts: 1,
    estate: {
      kind: kind as House['kind'],
      target,
      initial: value,
      adminSecret: undefined,
      clock: { ...realClock, nowMs: () => Date.now() + offsetMs },
    },
  });
  const consumer = house.consumers.get('api');
  if (consumer) consumer.onStart = async () => service.reload(fieldsIn(await house.current()));
  const { jwks } = fieldsIn(value);
  if (jwks !== undefined) service.reload({ jwks });
}

const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no error',
    (error: unknown) => (error as KeyturnError).code,
  );

const keysNow = async () => {
  const { keys } = JSON.parse((await house.current()).reveal()) as { keys: Record<string, { kid: string }> };
  return { previous: keys['previous']?.kid, current: keys['current']?.kid, next: keys['next']?.kid };
};

describe('a turn of a set', () => {
  it('retires the key that was previous, sees it refused, and says so', async () => {
    await begin(undefined);
    const before = await keysNow();
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(await keysNow()).toMatchObject({ previous: before.current, current: before.next });
    expect(house.records).toMatchObject([
      {
        result: 'retired',
        retiredIdentity: before.previous,
        refusals: [{ endpoint: service.url, error: `${service.url} answered 401 to key ${before.previous}` }],
        unproven: null,
        finality: 'disabled',
      },
    ]);
    expect(service.refusals).toBe(1);
  });

  it('that goes back retires the key that was to come, which nobody used', async () => {
    await begin(undefined);
    const before = await keysNow();
    const consumer = house.consumers.get('api');
    let failed: string | undefined;
    if (consumer)
      consumer.progressOf = ({ versionId }) => {
        failed ??= versionId;
        return versionId === failed
          ? { state: 'failed', reason: 'it does not start' }
          : { state: 'converged', detail: '' };
      };
    const { versionId, status } = await house.turn();
    expect(status).toBe('FAILED');
    expect(await keysNow()).toEqual(before);
    const { keys } = JSON.parse((await house.store.read(house.secretArn, { versionId })).reveal());
    expect(house.records).toMatchObject([
      {
        result: 'rolled-back',
        retiredIdentity: keys.next.kid,
        refusals: [{ error: `${service.url} answered 401 to key ${keys.next.kid}` }],
      },
    ]);
  });

  it('never promotes a key that a verifier does not know yet', async () => {
    await begin(undefined);
    const before = await keysNow();
    service.reload({ jwks: '{"keys":[]}' });
    await house.start();
    while (house.isRotating()) await realClock.sleep(5);
    expect(await keysNow()).toEqual(before);
  });

  it('says whose word it is that nobody saw a refusal', async () => {
    await begin(undefined, { noVerifier: 'its verifiers are browsers' });
    const { previous } = await keysNow();
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(house.records).toMatchObject([
      { retiredIdentity: previous, refusals: [], unproven: 'its verifiers are browsers', finality: 'disabled' },
    ]);
  });
});

describe('an emergency', () => {
  it('has no way back to the key that it dropped, once a verifier has dropped it', async () => {
    await begin(undefined);
    const target = keySet.parseTarget(house.entry.target);
    const current = kind.parse(await house.current(), target);
    const value = kind.propose(target, current, { nowMs: Date.now(), emergency: true });
    const pending = kind.parse(value, target);
    if (current === undefined || pending === undefined) throw new Error('a value holds no set');
    const context = { target, clock: realClock, signal: AbortSignal.timeout(10_000) } as KindContext<Target>;
    // Its new tokens are accepted before anybody has the new set.
    await kind.install(context, { pending, current });
    service.reload(fieldsIn(value));
    await kind.verify(context, pending);
    expect(await codeOf(kind.verify(context, current))).toBe('AuthenticationRefused');
    expect(await codeOf(kind.install(context, { pending: current, current: pending }))).toBe('AuthenticationRefused');
  });
});

describe('the way into a set', () => {
  it('of a secret that was made empty: a first set, then a second that retires nothing', async () => {
    await begin({ algorithm: 'ES256' });
    expect((await house.turn()).status).toBe('SUCCEEDED');
    const first = await keysNow();
    expect(first.previous).toBeUndefined();
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(await keysNow()).toMatchObject({ previous: first.current, current: first.next });
    const nothing = { result: 'retired', retiredIdentity: null, refusals: [], finality: 'nothing-revoked' };
    expect(house.records).toMatchObject([nothing, nothing]);
    expect(service.refusals).toBe(0);
  });

  it('of one key from before: it goes on signing until everybody knows the next', async () => {
    const { pem, jwks } = fieldsIn(
      grownSet(keySet.parseTarget({ algorithm: 'ES256', maximumTokenLifeSeconds: 1, noVerifier: 'x' })),
    );
    await begin({ algorithm: 'ES256', pem });
    service.reload({ jwks: jwks ?? '' });
    expect((await house.turn()).status).toBe('SUCCEEDED');
    const adopted = await keysNow();
    expect(adopted.previous).toBeUndefined();
    expect(fieldsIn(await house.current())['pem']).toBe(pem);
    expect((await house.turn()).status).toBe('SUCCEEDED');
    expect(await keysNow()).toMatchObject({ previous: adopted.current, current: adopted.next });
    expect(house.records.map(({ finality }) => finality)).toEqual(['nothing-revoked', 'nothing-revoked']);
  });
});

describe('a rotation while tokens of the previous key may live', () => {
  /** A version that Secrets Manager made for a rotation that got no further. */
  async function beginRotation(): Promise<string> {
    house.beforeInvoke = () => {
      throw new KeyturnError('AwsUnavailable', 'not now');
    };
    const token = await house.start();
    while (house.isRotating()) await realClock.sleep(5);
    house.beforeInvoke = () => undefined;
    return token;
  }

  it('is refused with RotatedTooSoon, which says until when, and blocks no later one', async () => {
    await begin(undefined);
    const { status } = await house.turn();
    expect(status).toBe('SUCCEEDED');
    const settledAtMs = Date.parse(house.records[0]?.timeline['converged'] ?? '');
    const token = await beginRotation();
    const refused = await house.step('createSecret', token).catch((error: unknown) => error);
    const earliest = new Date(settledAtMs + life * 1000).toISOString();
    expect(refused).toMatchObject({ code: 'RotatedTooSoon', message: expect.stringContaining(earliest) });
    expect((await house.labelsOf())['AWSPENDING']).toBeUndefined();
    offsetMs = life * 1000 + 60_000;
    expect((await house.turn()).status).toBe('SUCCEEDED');
  });

  it('counts from when its consumers had it, not from when it was made', async () => {
    await begin(undefined);
    const consumer = house.consumers.get('api');
    if (consumer)
      consumer.progressOf = () => {
        // The last consumer takes two hours.
        offsetMs = 2 * life * 1000;
        return { state: 'converged', detail: '' };
      };
    expect((await house.turn()).status).toBe('SUCCEEDED');
    const token = await beginRotation();
    await expect(house.step('createSecret', token)).rejects.toMatchObject({ code: 'RotatedTooSoon' });
  });

  it('is not refused where no rollout of the current version is on record and it is old enough', async () => {
    await begin(undefined);
    const token = await beginRotation();
    await house.step('createSecret', token);
    expect((await house.labelsOf())['AWSPENDING']).toBe(token);
  });
});
