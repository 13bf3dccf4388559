import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emergencyTag, formatEmergency } from '../../../lib/core/emergency.ts';
import { KeyturnError } from '../../../lib/core/errors.ts';
import type { Kind } from '../../../lib/core/kind.ts';
import { performRetirement } from '../../../lib/core/rollout/perform-retirement.ts';
import type { RetireRequest } from '../../../lib/core/rollout/requests.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, firstPassword, type House } from '../../support/house.ts';
import { codeOf } from '../rotation/begun.ts';

const N = 'n'.repeat(32);
const X = 'x'.repeat(32);

let house: House;
let O: string;
let pair: { secretArn: string; keep: string; retire: string };
/** After the promotion: `app_clone` is current, `app` is retiring, and the target accepts both. */
beforeEach(async () => {
  house = await buildHouse();
  O = (await house.labelsOf())['AWSCURRENT'] ?? '';
  await hold('app_clone', N, 'AWSCURRENT');
  await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { to: O });
  pair = { secretArn: house.secretArn, keep: N, retire: O };
});
afterEach(() => house.close());

const valueFor = (name: string) => SecretValue.of(JSON.stringify({ name, password: `pass/of-${name}-Hq7RzX2v` }));

/** A version with a credential that the target accepts. */
async function hold(name: string, versionId: string, label: string, value = valueFor(name)): Promise<void> {
  house.target.accounts.set(name, { password: `pass/of-${name}-Hq7RzX2v`, enabled: true, used: true });
  await house.store.put(house.secretArn, versionId, value, label);
}

const ask = (request: RetireRequest) => performRetirement(request, house.parts);
const accounts = () => [...house.target.accounts].map(([name, { enabled }]) => `${name} ${enabled ? 'on' : 'off'}`);

describe.each(['disable', 'destroy'] as const)('%s', (op) => {
  it.each([
    ['AWSCURRENT is elsewhere', () => house.store.moveLabel(house.secretArn, 'AWSCURRENT', { from: N, to: O })],
    [
      'the retiring label is elsewhere',
      () => house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from: O, to: N }),
    ],
    ['what is pending is the same credential', () => hold('app', X, 'AWSPENDING')],
  ])('refuses when %s', async (_, change) => {
    await change();
    expect(await codeOf(ask({ op, ...pair }))).toBe('CurrentMoved');
    expect(accounts()).toEqual(['app on', 'app_clone on']);
  });

  it('refuses when both versions are the same credential', async () => {
    await hold('app', X, 'AWSCURRENT');
    expect(await codeOf(ask({ op, ...pair, keep: X }))).toBe('CurrentMoved');
    expect(accounts()).toContain('app on');
  });

  it('refuses when the version to keep holds no credential', async () => {
    await hold('app', X, 'AWSCURRENT', SecretValue.of('{}'));
    expect(await codeOf(ask({ op, ...pair, keep: X }))).toBe('CurrentMoved');
    expect(accounts()).toContain('app on');
  });

  it.each([
    ['is another credential', 'other', undefined],
    ['holds none yet', 'nothing', SecretValue.of('{}')],
  ])('goes on when what is pending %s', async (_, name, value) => {
    await hold(name, X, 'AWSPENDING', value);
    await ask({ op, ...pair });
    expect(accounts()).not.toContain('app on');
  });

  it('goes on when the pending label stayed on one of the two', async () => {
    for (const to of [N, O]) {
      await house.store.moveLabel(house.secretArn, 'AWSPENDING', { to, ...(to === O && { from: N }) });
      await ask({ op, ...pair });
      expect(accounts()).not.toContain('app on');
    }
  });

  it('does nothing to a version that held no credential', async () => {
    await hold('none', X, 'KEYTURN_KEPT', SecretValue.of('{}'));
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from: O, to: X });
    expect(await ask({ op, ...pair, retire: X })).toEqual(
      op === 'disable'
        ? { state: 'done', identity: null, final: false, atMs: expect.any(Number) }
        : { atMs: expect.any(Number) },
    );
    expect(accounts()).toEqual(['app on', 'app_clone on', 'none on']);
  });
});

describe('disable', () => {
  it('answers whose credential ended, and that it can be undone', async () => {
    expect(await ask({ op: 'disable', ...pair })).toEqual({
      state: 'done',
      identity: 'app',
      final: false,
      atMs: expect.any(Number),
    });
    expect(accounts()).toEqual(['app off', 'app_clone on']);
  });

  it('tells the kind what stays, and since when its reader could have it', async () => {
    let told: unknown;
    house.kind.disable = async (_, versions) => {
      told = versions;
    };
    await ask({ op: 'disable', ...pair, promotedAtMs: 7 });
    expect(told).toMatchObject({ retire: { name: 'app' }, keep: { name: 'app_clone' }, promotedAtMs: 7 });
  });

  it('tells no instant in an emergency, so that sessions are ended whatever their age', async () => {
    let told: { promotedAtMs?: number | undefined } = { promotedAtMs: 0 };
    house.kind.disable = async (_, versions) => {
      told = versions;
    };
    await house.store.tag(house.secretArn, emergencyTag, formatEmergency(pair.keep, 'consumers-first'));
    await ask({ op: 'disable', ...pair, promotedAtMs: 7 });
    expect(told.promotedAtMs).toBeUndefined();
  });

  it('ends nothing where nothing leaves with the version', async () => {
    house.kind.leaving = () => undefined;
    expect(await ask({ op: 'disable', ...pair })).toMatchObject({ state: 'done', identity: null });
    expect(accounts()).toEqual(['app on', 'app_clone on']);
  });

  it('answers what leaves with the version, where that is not its identity', async () => {
    house.kind.leaving = () => 'key 1, key 2';
    expect(await ask({ op: 'disable', ...pair })).toMatchObject({ state: 'done', identity: 'key 1, key 2' });
  });
});

describe('the last use', () => {
  it('is asked of the credential that retires, since the instant', async () => {
    const asked: unknown[] = [];
    house.kind.lastUse = async (_, credential, sinceMs, promotedAtMs) => {
      asked.push(house.kind.identify(credential), sinceMs, promotedAtMs);
      return { state: 'unknown', detail: 'cannot tell' };
    };
    expect(await ask({ op: 'last-use', ...pair, sinceMs: 5, promotedAtMs: 6 })).toMatchObject({ state: 'unknown' });
    expect(asked).toEqual(['app', 5, 6]);
  });

  it('is none of a version without a credential', async () => {
    await hold('none', X, 'KEYTURN_KEPT', SecretValue.of('{}'));
    house.kind.lastUse = async () => ({ state: 'used', detail: 'must not be asked' });
    expect(await ask({ op: 'last-use', ...pair, retire: X, sinceMs: 0 })).toMatchObject({ state: 'open' });
  });
});

describe('the proof', () => {
  it('is of the retired credential, beside the one that stays', async () => {
    await ask({ op: 'disable', ...pair });
    expect(await ask({ op: 'prove-refused', ...pair })).toMatchObject({
      refusals: [{ endpoint: 'memory', error: 'refused' }],
    });
    expect(house.target.logins.slice(-2)).toEqual([
      { name: 'app_clone', accepted: true },
      { name: 'app', accepted: false },
    ]);
  });

  it('has the inventory’s words where no refusal can be seen, and none where one was', async () => {
    await ask({ op: 'disable', ...pair });
    expect(await ask({ op: 'prove-refused', ...pair })).toMatchObject({ unproven: null });
    house.parts.kind = { ...house.kind, facts: { ...house.kind.facts, unproven: () => 'browsers verify' } } as Kind;
    expect(await ask({ op: 'prove-refused', ...pair })).toMatchObject({ unproven: 'browsers verify' });
  });

  it('is none of a version without a credential', async () => {
    await hold('none', X, 'KEYTURN_KEPT', SecretValue.of('{}'));
    expect(await ask({ op: 'prove-refused', ...pair, retire: X })).toMatchObject({ refusals: [] });
    expect(house.target.logins).toEqual([]);
  });
});

describe('enable', () => {
  it('undoes a disable', async () => {
    await ask({ op: 'disable', ...pair });
    await ask({ op: 'enable', ...pair });
    expect(accounts()).toEqual(['app on', 'app_clone on']);
  });

  it('has nothing to do for a version without a credential', async () => {
    await hold('none', X, 'KEYTURN_KEPT', SecretValue.of('{}'));
    let asked = 0;
    house.kind.enable = async () => {
      asked += 1;
    };
    await ask({ op: 'enable', ...pair, retire: X });
    expect(asked).toBe(0);
  });
});

describe('the predecessor', () => {
  const verify = () => ask({ op: 'verify-predecessor', ...pair });
  beforeEach(() => {
    house.target.accounts.set('app', { password: firstPassword, enabled: true, used: true });
  });

  it('that works is left as it is', async () => {
    let installed = 0;
    house.kind.install = async () => {
      installed += 1;
    };
    await verify();
    expect(installed).toBe(0);
  });

  it('that is disabled is enabled and installed again, beside what is current', async () => {
    let told: unknown;
    const { install } = house.kind;
    house.kind.install = async (context, versions) => {
      told = versions;
      await install(context, versions);
    };
    await ask({ op: 'disable', ...pair });
    await verify();
    expect(accounts()).toEqual(['app on', 'app_clone on']);
    expect(told).toMatchObject({ pending: { name: 'app' }, current: { name: 'app_clone' } });
  });

  it('that lacks a privilege is installed again', async () => {
    let installed = 0;
    house.kind.install = async () => {
      installed += 1;
    };
    house.kind.verify = async () => {
      throw new KeyturnError('PrivilegeLost', 'SELECT is gone');
    };
    await verify();
    expect(installed).toBe(1);
  });

  it.each([new KeyturnError('TargetTimeout', 'no answer'), new Error('unknown')])(
    'of which nothing is known (%s) is not touched',
    async (failure) => {
      let installed = 0;
      house.kind.install = async () => {
        installed += 1;
      };
      house.kind.verify = async () => {
        throw failure;
      };
      await expect(verify()).rejects.toBe(failure);
      expect(installed).toBe(0);
    },
  );

  it('that cannot be installed again cannot be gone back to, and why is known', async () => {
    await ask({ op: 'disable', ...pair });
    const cause = new KeyturnError('AdminPrivilegeMissing', 'no CREATEROLE');
    house.kind.install = async () => {
      throw cause;
    };
    await expect(verify()).rejects.toMatchObject({ code: 'CannotGoBack', cause });
  });

  it('that has the identity of the current one is not installed over it', async () => {
    let touched = 0;
    house.kind.install = house.kind.enable = async () => {
      touched += 1;
    };
    await ask({ op: 'disable', ...pair });
    house.kind.identify = () => 'app';
    expect(await codeOf(verify())).toBe('CannotGoBack');
    expect(touched).toBe(0);
  });

  it('that holds no credential cannot be gone back to', async () => {
    await hold('none', X, 'KEYTURN_KEPT', SecretValue.of('{}'));
    expect(await codeOf(ask({ op: 'verify-predecessor', ...pair, retire: X }))).toBe('CannotGoBack');
  });
});

describe('an abandoned rotation', () => {
  const A = 'a'.repeat(32);
  const discard = (versionId = A) => ask({ op: 'discard-abandoned', secretArn: house.secretArn, versionId });
  /** A version without a label. */
  const abandon = async (name: string, value?: SecretValue) => {
    await hold(name, A, 'AWSPENDING', value);
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: A });
  };

  it('has its credential ended', async () => {
    await abandon('third');
    await discard();
    expect(accounts()).toEqual(['app on', 'app_clone on']);
  });

  it('is none when its version has any label, AWSPREVIOUS too', async () => {
    await expect(discard(O)).rejects.toMatchObject({
      code: 'CurrentMoved',
      message: expect.stringMatching(/is AWSPREVIOUS, KEYTURN_RETIRING; it is not abandoned/),
    });
  });

  it.each([
    ['current', 'app_clone'],
    ['retiring', 'app'],
  ])('keeps a credential that is the %s one', async (_, name) => {
    await abandon(name);
    await discard();
    expect(accounts()).toEqual(['app on', 'app_clone on']);
  });

  it('keeps its credential while another version is on its way, and not when that label stayed on current', async () => {
    await abandon('third');
    await house.store.put(house.secretArn, X, SecretValue.of('{}'), 'AWSPENDING');
    await discard();
    expect(accounts()).toContain('third on');
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: X, to: N });
    await discard();
    expect(accounts()).not.toContain('third on');
  });

  it('that stored nothing has nothing to end', async () => {
    await abandon('third', SecretValue.of('{}'));
    let asked = 0;
    house.kind.discard = async () => {
      asked += 1;
    };
    await discard();
    expect(asked).toBe(0);
  });

  it('is ended where nothing retires either', async () => {
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { from: O });
    await abandon('third');
    await discard();
    expect(accounts()).toEqual(['app on', 'app_clone on']);
  });
});

describe('an orphan', () => {
  const discard = (identity: string) => ask({ op: 'discard-orphan', secretArn: house.secretArn, identity });

  it('is what a version without a label records', async () => {
    await hold('third', X, 'AWSPENDING');
    await house.store.moveLabel(house.secretArn, 'AWSPENDING', { from: X });
    await discard('third');
    expect(accounts()).not.toContain('third on');
  });

  it('is not what any labelled version records, nor what nobody recorded', async () => {
    for (const identity of ['app', 'app_clone', 'stranger'])
      await expect(discard(identity)).rejects.toMatchObject({
        code: 'UnknownCredential',
        message: expect.stringContaining(`house/db: ${identity} is neither`),
      });
  });
});
