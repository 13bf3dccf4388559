import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import type { FurtherSecretAccess } from '../../../lib/core/kind.ts';
import type { SecretStore } from '../../../lib/core/ports.ts';
import { furtherSecretAccess } from '../../../lib/core/rotation/further-secrets.ts';
import type { SecretValue } from '../../../lib/core/secret-value.ts';
import { buildHouse, type House } from '../../support/house.ts';

const list = 'pooler/users';
const login = 'pooler/console';
const estate = { secrets: { [list]: 'first\n', [login]: 'a login' }, deliver: async () => undefined };

let house: House;
let access: FurtherSecretAccess;
const accessTo = (store: SecretStore) => furtherSecretAccess({ read: [login], kept: [list] }, store);
const add = (line: string) => (text: SecretValue) => text.map((lines) => `${lines}${line}\n`);
const current = async () => (await house.store.read(list, {})).reveal();

beforeEach(async () => {
  house = await buildHouse({ further: estate });
  access = accessTo(house.store);
});
afterEach(() => house.close());

describe('secrets beside the one that rotates', () => {
  it('are changed upon what they say, and left alone where nothing changes', async () => {
    await access.rewrite(list, add('second'));
    expect(await current()).toBe('first\nsecond\n');
    const before = await house.store.listVersionIds(list);
    await access.rewrite(list, (text) => text.map((lines) => lines));
    expect(await house.store.listVersionIds(list)).toEqual(before);
  });

  it('lose no line, however many rotations change one at a time', async () => {
    const lines = Array.from({ length: 5 }, (_, at) => `line ${at}`);
    await Promise.all(lines.map((line) => access.rewrite(list, add(line))));
    expect((await current()).trimEnd().split('\n').sort()).toEqual(['first', ...lines]);
  });

  it('are written anew upon what another rotation wrote in the middle', async () => {
    let others = 1;
    const racing: SecretStore = {
      ...house.store,
      async put(...args) {
        if (others-- > 0) await access.rewrite(list, add('theirs'));
        return house.store.put(...args);
      },
    };
    await accessTo(racing).rewrite(list, add('ours'));
    expect(await current()).toBe('first\ntheirs\nours\n');
  });

  it('are given up with LabelMoved where another one always comes first', async () => {
    const losing: SecretStore = {
      ...house.store,
      async put(...args) {
        await access.rewrite(list, add(randomUUID()));
        return house.store.put(...args);
      },
    };
    await expect(accessTo(losing).rewrite(list, add('ours'))).rejects.toMatchObject({ code: 'LabelMoved' });
    expect(await current()).not.toContain('ours');
  });

  it('are tried once where the failure is another', async () => {
    let puts = 0;
    const failing: SecretStore = {
      ...house.store,
      async put() {
        puts += 1;
        throw new KeyturnError('AccessDenied', 'no');
      },
    };
    await expect(accessTo(failing).rewrite(list, add('ours'))).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(puts).toBe(1);
  });

  it('leave one label behind, whoever died in the middle', async () => {
    const dying: SecretStore = { ...house.store, moveLabel: () => Promise.reject(new Error('dead')) };
    for (const line of ['a', 'b', 'c']) await expect(accessTo(dying).rewrite(list, add(line))).rejects.toThrow('dead');
    await access.rewrite(list, add('second'));
    expect(await current()).toBe('first\nsecond\n');
    const { versions } = await house.store.describe(list);
    expect(Object.values(versions).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS', 'KEYTURN_DRAFT']);
  });

  it('are read once', async () => {
    let reads = 0;
    const counting: SecretStore = {
      ...house.store,
      read: (...args) => {
        reads += 1;
        return house.store.read(...args);
      },
    };
    const counted = accessTo(counting);
    expect((await counted.read(login)).reveal()).toBe('a login');
    await counted.read(login);
    expect(reads).toBe(1);
  });

  it('are only those that the target names, each for what it is named for', async () => {
    for (const secret of ['another', list]) {
      await expect(access.read(secret)).rejects.toMatchObject({ code: 'InvalidInput' });
    }
    for (const secret of ['another', login]) {
      await expect(access.rewrite(secret, (text) => text)).rejects.toMatchObject({ code: 'InvalidInput' });
    }
  });
});
