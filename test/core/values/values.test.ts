import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { campaignOf, campaignToken } from '../../../lib/core/campaign/token.ts';
import { hashOf, parameterNameOf, parseEntry, type SecretEntry } from '../../../lib/core/entry.ts';
import { KeyturnError, retryableCodes } from '../../../lib/core/errors.ts';
import { parseInput } from '../../../lib/core/parse.ts';
import { newPassword } from '../../../lib/core/password.ts';
import { executionInput, executionName } from '../../../lib/core/rollout/name.ts';
import { secretNameOf } from '../../../lib/core/secret-arn.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { parseSettings } from '../../../lib/core/settings.ts';

const entry: SecretEntry = {
  secret: 'app/db',
  kind: 'memory',
  policy: 'monthly',
  maximumAgeDays: 35,
  target: {},
  views: [],
  waves: [],
  timings: {
    soakSeconds: 1,
    graceSeconds: 2,
    gateSeconds: 3,
    coalesceSeconds: 4,
    skewSeconds: 5,
    pollSeconds: 6,
    promotionSeconds: 7,
    rotationSeconds: 8,
    humanSeconds: 9,
    reminderSeconds: 10,
  },
};

describe('a secret value', () => {
  it('shows itself to nobody who prints it', () => {
    const value = SecretValue.of('canary');
    expect([inspect(value), inspect({ deep: [value] }), String(value), JSON.stringify(value)]).toEqual([
      '[redacted]',
      '{ deep: [ [redacted] ] }',
      '[redacted]',
      '"[redacted]"',
    ]);
  });

  it('equals one of the same text, and no other', () => {
    expect(SecretValue.of('a').equals(SecretValue.of('a'))).toBe(true);
    expect(SecretValue.of('a').equals(SecretValue.of('b'))).toBe(false);
  });
});

it('a password is 32 letters and digits, and never the same', () => {
  const passwords = Array.from({ length: 50 }, () => newPassword().reveal());
  expect(new Set(passwords).size).toBe(50);
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
});

it.each([
  ['arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbCdEf', 'app/db'],
  ['app/db', 'app/db'],
])('the name of the secret %s is %s', (arn, name) => {
  expect(secretNameOf(arn)).toBe(name);
});

describe('an inventory entry', () => {
  it('is read as it was written', () => {
    expect(parseEntry(JSON.stringify(entry), 'here')).toEqual(entry);
  });

  it.each(['no JSON', '{}', JSON.stringify({ ...entry, timings: { ...entry.timings, soakSeconds: -1 } })])(
    'that reads %s is of another release, and why is known',
    (text) => {
      const failing = () => parseEntry(text, '/keyturn/secrets/app/db');
      expect(failing).toThrow(expect.objectContaining({ code: 'InventoryUnreadable', cause: expect.any(Error) }));
      expect(failing).toThrow(/\/keyturn\/secrets\/app\/db/);
    },
  );

  it('has the same hash however it was serialized, and another when anything changed', () => {
    const { secret, ...others } = entry;
    expect(hashOf({ ...others, secret })).toBe(hashOf(entry));
    expect(hashOf({ ...entry, policy: 'weekly' })).not.toBe(hashOf(entry));
    expect(hashOf(entry)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['app/db', '/keyturn/secrets/app/db'],
    ['App_1.x-y/db', '/keyturn/secrets/App_1.x-y/db'],
    ['/app/db', '/keyturn/secrets/-x2f-app/db'],
    ['app//db/', '/keyturn/secrets/app/-x2f-db-x2f-'],
    ['a@b c', '/keyturn/secrets/a-x40-b-x20-c'],
  ])('of %s stands in the parameter %s', (secret, parameter) => {
    expect(parameterNameOf(secret)).toBe(parameter);
  });
});

describe('the settings', () => {
  it('are read as they were written', () => {
    const settings = { rolloutMachineArn: 'arn', evidenceBucket: 'bucket' };
    expect(parseSettings(JSON.stringify(settings))).toEqual(settings);
  });

  it.each(['no JSON', '{"rolloutMachineArn":"arn"}', '{"evidenceBucket":"b"}'])('%s are of another release', (text) => {
    expect(() => parseSettings(text)).toThrow(
      expect.objectContaining({ code: 'InventoryUnreadable', cause: expect.any(Error) }),
    );
  });
});

describe('an error', () => {
  it('is retryable by its code, and goes by it', () => {
    expect(new KeyturnError('TargetTimeout', 'm')).toMatchObject({ name: 'TargetTimeout', retryable: true });
    expect(new KeyturnError('GateClosed', 'm').retryable).toBe(false);
    expect(retryableCodes).toContain('TargetTimeout');
    expect(retryableCodes).not.toContain('GateClosed');
  });
});

describe('a mistake in what an engineer wrote', () => {
  const schema = z.strictObject({
    list: z.array(z.object({ port: z.int() })),
    names: z.optional(z.record(z.string().check(z.regex(/^[a-z]+$/, 'small letters only')), z.string())),
    free: z.optional(z.unknown()),
  });
  it.each([
    [{ list: [{ port: '1' }] }, 'target.list.0.port: missing or not of type number'],
    [{}, 'target.list: missing or not of type array'],
    [{ list: [], one: 1, two: 2 }, 'target: one, two is not known here'],
    [{ list: [], names: { 'A 1': 'x' } }, 'target.names.A 1: small letters only'],
  ])('%j is named with its place', (input, message) => {
    expect(() => parseInput(schema, input, 'target')).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message }),
    );
  });

  it('that a check words is told in its words', () => {
    const worded = z.string().check(z.refine(() => false, 'not today'));
    expect(() => parseInput(worded, 'x', 'when')).toThrow('when: not today');
  });

  it('is none in what is right', () => {
    expect(parseInput(schema, { list: [{ port: 1 }] }, 'target')).toEqual({ list: [{ port: 1 }] });
  });
});

describe('names that are made from a version', () => {
  it('are the same for the same, short enough and of the permitted characters', () => {
    const name = executionName('arn:secret', 'v'.repeat(64), 12);
    expect(name).toMatch(/^[0-9a-f]{40}-12$/);
    expect(executionName('arn:secret', 'v'.repeat(64), 12)).toBe(name);
    expect(executionName('arn:secret', 'w'.repeat(64), 12)).not.toBe(name);
    expect(executionName('arn:other', 'v'.repeat(64), 12)).not.toBe(name);
  });

  it('go with an input that is the same to the byte', () => {
    expect(executionInput('arn', 'v', 1)).toBe('{"secretArn":"arn","versionId":"v","attempt":1}');
  });

  it('tell one campaign from another, and a campaign from a rotation on demand', () => {
    const [a, b] = [campaignToken('monthly', 't', 'a'), campaignToken('monthly', 't', 'b')];
    expect(campaignOf(a)).toBe(campaignOf(b));
    expect(a).not.toBe(b);
    expect(campaignOf(campaignToken('monthly', 'later', 'a'))).not.toBe(campaignOf(a));
    expect(campaignOf('6f9619ff-8b86-d011-b42d-00c04fc964ff')).toBeUndefined();
    expect(a.length).toBeLessThanOrEqual(64);
  });
});
