import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import type { Kind, KindContext } from '../../../lib/core/kind.ts';
import { contextOf } from '../../../lib/core/rotation/target-context.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { fastClock } from '../../support/clocks.ts';
import { buildHouse, type House } from '../../support/house.ts';
import { begun, codeOf, steps } from './begun.ts';

let house: House;
let clock: ReturnType<typeof fastClock>;
beforeEach(async () => {
  house = await buildHouse({ rotationAttempts: 1 });
  clock = fastClock();
  house.parts.clock = clock;
});
afterEach(() => house.close());

/** Reading the version fails so often, then it is there. */
function unreadable(times: number, code: 'VersionNotReadable' | 'AwsUnavailable' = 'VersionNotReadable'): void {
  const { read } = house.store;
  let left = times;
  house.store.read = async (secretId, which) => {
    if (which.versionId === undefined || which.label === undefined) return read(secretId, which);
    left -= 1;
    if (left >= 0) throw new KeyturnError(code, 'not yet');
    return read(secretId, which);
  };
}

describe('a pending version that is not readable yet', () => {
  it('is asked for again by setSecret, ever later', async () => {
    const token = await begun(house);
    await house.step('createSecret', token);
    unreadable(6);
    await house.step('setSecret', token);
    expect(clock.sleptMs).toBe(12_600);
  });

  it('is asked for again by testSecret, for 3 s', async () => {
    const token = await begun(house);
    for (const step of ['createSecret', 'setSecret']) await house.step(step, token);
    unreadable(4);
    await house.step('testSecret', token);
    expect(clock.sleptMs).toBe(3_000);
  });

  it('is not waited for when the failure is another', async () => {
    const token = await begun(house);
    await house.step('createSecret', token);
    for (const step of ['setSecret', 'testSecret']) {
      unreadable(1, 'AwsUnavailable');
      expect(await codeOf(house.step(step, token))).toBe('AwsUnavailable');
    }
    expect(clock.sleptMs).toBe(0);
  });
});

describe('setSecret', () => {
  it('refuses a pending version without a credential', async () => {
    const token = await begun(house);
    await house.store.put(house.secretArn, token, SecretValue.of('{}'), 'AWSPENDING');
    expect(await codeOf(house.step('setSecret', token))).toBe('SecretMalformed');
  });

  it.each([new KeyturnError('TargetTimeout', 'no answer'), new Error('unknown')])(
    'keeps a pending value that failed with %s: only a rejected one is given up',
    async (failure) => {
      const token = await begun(house);
      await house.step('createSecret', token);
      house.kind.install = async () => {
        throw failure;
      };
      await expect(house.step('setSecret', token)).rejects.toBe(failure);
      expect((await house.labelsOf())['AWSPENDING']).toBe(token);
    },
  );

  it('tells the kind which secret it is of, and what is current', async () => {
    const token = await begun(house);
    await house.step('createSecret', token);
    let seen: unknown;
    house.kind.install = async ({ secretArn, target, signal }, { pending, current }) => {
      const names = [pending, current].map((credential) => house.kind.identify(credential));
      seen = { secretArn, target, aborted: signal.aborted, names };
    };
    await house.step('setSecret', token);
    expect(seen).toEqual({
      secretArn: house.secretArn,
      target: {},
      aborted: false,
      names: ['app_clone', 'app'],
    });
  });
});

describe('testSecret', () => {
  it('logs in as pending, and not as current', async () => {
    const token = await begun(house);
    for (const step of ['createSecret', 'setSecret']) await house.step(step, token);
    house.target.logins.length = 0;
    await house.step('testSecret', token);
    expect(house.target.logins).toEqual([{ name: 'app_clone', accepted: true }]);
  });

  it('fails when pending is refused, although current works', async () => {
    const token = await begun(house);
    await house.step('createSecret', token);
    expect(await codeOf(house.step('testSecret', token))).toBe('AuthenticationRefused');
  });

  it('tests current when the throw-away version is a copy without a credential', async () => {
    const token = await begun(house);
    await house.store.put(house.secretArn, token, SecretValue.of('{}'), 'AWSPENDING');
    await house.step('testSecret', token);
    expect(house.target.logins).toEqual([{ name: 'app', accepted: true }]);
  });

  it('has nothing to log in with where no version has a credential yet', async () => {
    const { AWSCURRENT: current = '' } = await house.labelsOf();
    await house.store.put(house.secretArn, 'e'.repeat(32), SecretValue.of('{}'), 'AWSCURRENT');
    expect((await house.labelsOf())['AWSCURRENT']).not.toBe(current);
    const token = await begun(house);
    await house.step('testSecret', token);
    expect(house.target.logins).toEqual([]);
  });

  it('reads the admin secret, where the kind has one, so that a mistake there shows', async () => {
    const { kind } = house;
    house.parts.kind = { ...kind, facts: { ...kind.facts, adminSecretOf: () => 'no/such/admin' } } as Kind;
    const token = await begun(house);
    expect(await codeOf(house.step('testSecret', token))).toBe('SecretNotFound');
  });

  it('reads the further secrets that the kind reads, so that a mistake there shows', async () => {
    const { kind } = house;
    const furtherSecretsOf = () => ({ read: ['no/such/secret'], kept: [] });
    house.parts.kind = { ...kind, facts: { ...kind.facts, furtherSecretsOf } } as Kind;
    const token = await begun(house);
    expect(await codeOf(house.step('testSecret', token))).toBe('SecretNotFound');
  });
});

it('testSecret tries the first credential at a target that accepts it by itself', async () => {
  await house.store.put(house.secretArn, 'e'.repeat(32), SecretValue.of('{}'), 'AWSCURRENT');
  const token = await begun(house);
  const pending = { name: 'app_clone', password: 'p' };
  house.target.accounts.set(pending.name, { password: pending.password, enabled: true, used: false });
  await house.store.put(house.secretArn, token, SecretValue.of(JSON.stringify(pending)), 'AWSPENDING');
  await house.step('testSecret', token);
  expect(house.target.logins).toEqual([{ name: 'app_clone', accepted: true }]);
});

describe('testSecret of what consumers accept by their own copy', () => {
  beforeEach(() => {
    const { kind } = house;
    house.parts.kind = { ...kind, facts: { ...kind.facts, acceptedBy: 'consumers' } } as Kind;
  });
  const pendingOf = async (current: object | undefined) => {
    if (current)
      await house.store.put(house.secretArn, 'e'.repeat(32), SecretValue.of(JSON.stringify(current)), 'AWSCURRENT');
    const token = await begun(house);
    const pending = { name: 'app_clone', password: 'p' };
    house.target.accounts.set(pending.name, { password: pending.password, enabled: true, used: false });
    await house.store.put(house.secretArn, token, SecretValue.of(JSON.stringify(pending)), 'AWSPENDING');
    return token;
  };

  it('does not try a first credential, which nobody has before the promotion', async () => {
    await house.step('testSecret', await pendingOf({}));
    expect(house.target.logins).toEqual([]);
  });

  it('tries one that follows another', async () => {
    await house.step('testSecret', await pendingOf(undefined));
    expect(house.target.logins).toEqual([{ name: 'app_clone', accepted: true }]);
  });
});

describe('finishSecret', () => {
  it('refuses a secret without a current version', async () => {
    const token = await begun(house);
    for (const step of steps.slice(0, 3)) await house.step(step, token);
    const { describe: look } = house.store;
    house.store.describe = async (secretId) => {
      const state = await look(secretId);
      return { ...state, versions: { [token]: state.versions[token] ?? [] } };
    };
    house.parts.ensureRollout = async () => undefined;
    expect(await codeOf(house.step('finishSecret', token))).toBe('LabelMoved');
  });

  it('moves the retiring label only when it is not there yet', async () => {
    const token = await begun(house);
    for (const step of steps.slice(0, 3)) await house.step(step, token);
    const { AWSCURRENT: outgoing = '' } = await house.labelsOf();
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', { to: outgoing });
    const moves: unknown[] = [];
    const { moveLabel } = house.store;
    house.store.moveLabel = async (secretId, label, move) => {
      moves.push([label, move]);
      await moveLabel(secretId, label, move);
    };
    house.parts.ensureRollout = async () => undefined;
    await house.step('finishSecret', token);
    expect(moves).toEqual([['AWSCURRENT', { from: outgoing, to: token }]]);
  });
});

describe('the admin secret of a context', () => {
  const contextWith = (adminSecret: string | undefined): KindContext<unknown> => {
    const { kind } = house;
    const facts = { ...kind.facts, adminSecretOf: () => adminSecret };
    return contextOf({ ...house.parts, kind: { ...kind, facts } as Kind }, house.entry, house.secretArn);
  };

  it('is read when it is asked for, and once', async () => {
    const reads: string[] = [];
    house.parts.store = {
      ...house.store,
      async read(secretId) {
        reads.push(secretId);
        return SecretValue.of('admin');
      },
    };
    const context = contextWith('db/admin');
    expect(reads).toEqual([]);
    expect((await context.admin()).reveal()).toBe('admin');
    await context.admin();
    expect(reads).toEqual(['db/admin']);
  });

  it('is refused where the kind has none', async () => {
    expect(await codeOf((async () => contextWith(undefined).admin())())).toBe('InvalidInput');
  });
});
