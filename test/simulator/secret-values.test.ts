import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { BusEvent } from '../../lib/simulator/types.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig } from './support/actors.ts';

const A = 'aaaaaaaa-0000-4000-8000-000000000001';
const B = 'bbbbbbbb-0000-4000-8000-000000000002';
const C = 'cccccccc-0000-4000-8000-000000000003';

let world: SimulatedWorld;
let client: SecretsManagerClient;
beforeEach(async () => {
  world = await startSimulator();
  client = new SecretsManagerClient(clientConfig(world));
  await client.send(new CreateSecretCommand({ Name: 'app/db', SecretString: 'one', ClientRequestToken: A }));
});
afterEach(() => world.close());

const put = (token: string, value: string, stages?: string[]) =>
  client.send(
    new PutSecretValueCommand({
      SecretId: 'app/db',
      ClientRequestToken: token,
      SecretString: value,
      ...(stages && { VersionStages: stages }),
    }),
  );
const move = (label: string, from?: string, to?: string) =>
  client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: 'app/db',
      VersionStage: label,
      ...(from !== undefined && { RemoveFromVersionId: from }),
      ...(to !== undefined && { MoveToVersionId: to }),
    }),
  );
const labels = async () =>
  (await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }))).VersionIdsToStages ?? {};
const read = (which: { VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId: 'app/db', ...which }));

describe('PutSecretValue (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html)', () => {
  it('without VersionStages moves AWSCURRENT to the new version and AWSPREVIOUS to the one it left', async () => {
    await put(B, 'two');
    expect(await labels()).toEqual({ [A]: ['AWSPREVIOUS'], [B]: ['AWSCURRENT'] });
    await put(C, 'three');
    expect(await labels()).toEqual({ [B]: ['AWSPREVIOUS'], [C]: ['AWSCURRENT'] });
  });

  it('with the same token and the same value does nothing', async () => {
    await put(B, 'two', ['AWSPENDING']);
    await put(B, 'two');
    expect(await labels()).toEqual({ [A]: ['AWSCURRENT'], [B]: ['AWSPENDING'] });
  });

  it('with the same token and another value fails with ResourceExistsException', async () => {
    await put(B, 'two', ['AWSPENDING']);
    await expect(put(B, 'other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect((await read({ VersionId: B })).SecretString).toBe('two');
  });

  it('takes a label from the version that has it', async () => {
    await put(B, 'two', ['MINE']);
    await put(C, 'three', ['MINE']);
    expect(await labels()).toEqual({ [A]: ['AWSCURRENT'], [C]: ['MINE'] });
  });

  it('gives the first version AWSCURRENT whatever labels were asked for', async () => {
    await client.send(new CreateSecretCommand({ Name: 'empty' }));
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'empty' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    });
    const answer = await client.send(
      new PutSecretValueCommand({ SecretId: 'empty', SecretString: 'x', VersionStages: ['MINE'] }),
    );
    expect(answer.VersionStages).toEqual(['MINE', 'AWSCURRENT']);
  });

  it.each([31, 65])('refuses a token of %d characters: the service model says 32 to 64', async (length) => {
    await expect(put('x'.repeat(length), 'two')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('holds 65,536 bytes and no more (reference_limits)', async () => {
    await put(B, 'x'.repeat(65_536));
    await expect(put(C, 'x'.repeat(65_537))).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(put(C, 'ü'.repeat(32_769))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('refuses the 21st label of a secret (reference_limits)', async () => {
    const many = Array.from({ length: 18 }, (_, index) => `L${index}`);
    await put(B, 'two', many);
    await expect(put(C, 'three', ['L18', 'L19'])).rejects.toMatchObject({ name: 'LimitExceededException' });
    await expect(read({ VersionId: C })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await put(C, 'three', ['L17', 'L18']);
  });

  it('keeps binary values as they are', async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    await client.send(new PutSecretValueCommand({ SecretId: 'app/db', SecretBinary: bytes }));
    const { SecretBinary: back, SecretString: text } = await read();
    expect(Buffer.from(back ?? [])).toEqual(bytes);
    expect(text).toBeUndefined();
  });
});

describe('UpdateSecret (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html)', () => {
  it('with a value makes a new current version; a token that a version has is an error, also with the same value', async () => {
    const update = (token: string) =>
      client.send(new UpdateSecretCommand({ SecretId: 'app/db', SecretString: 'two', ClientRequestToken: token }));
    await update(B);
    expect(await labels()).toEqual({ [A]: ['AWSPREVIOUS'], [B]: ['AWSCURRENT'] });
    await expect(update(B)).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  it('without a value changes the description and no version', async () => {
    await client.send(new UpdateSecretCommand({ SecretId: 'app/db', Description: 'new' }));
    expect(await labels()).toEqual({ [A]: ['AWSCURRENT'] });
    expect((await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }))).Description).toBe('new');
  });
});

describe('UpdateSecretVersionStage (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html)', () => {
  beforeEach(() => put(B, 'two', ['AWSPENDING']));

  it('moves AWSCURRENT from its holder, and AWSPREVIOUS by itself', async () => {
    await move('AWSCURRENT', A, B);
    expect(await labels()).toEqual({ [A]: ['AWSPREVIOUS'], [B]: ['AWSPENDING', 'AWSCURRENT'] });
  });

  it('fails when the label is attached elsewhere and RemoveFromVersionId is missing', async () => {
    await expect(move('AWSCURRENT', undefined, B)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(`Staging label AWSCURRENT is currently attached to version ${A}`),
    });
  });

  it('fails when RemoveFromVersionId is not the holder: a compare-and-swap', async () => {
    await put(C, 'three', ['MINE']);
    await expect(move('AWSCURRENT', C, B)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await move('AWSCURRENT', A, B);
    await expect(move('AWSCURRENT', A, C)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    expect(await labels()).toEqual({ [A]: ['AWSPREVIOUS'], [B]: ['AWSPENDING', 'AWSCURRENT'], [C]: ['MINE'] });
  });

  it('adds a label that nobody has without RemoveFromVersionId, and fails when somebody has it', async () => {
    await move('RETIRED', undefined, A);
    await move('RETIRED', undefined, A);
    await expect(move('RETIRED', undefined, B)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    expect(await labels()).toMatchObject({ [A]: ['AWSCURRENT', 'RETIRED'] });
  });

  it('takes a label off without MoveToVersionId, but not AWSCURRENT', async () => {
    await move('AWSPENDING', B);
    expect(await labels()).toEqual({ [A]: ['AWSCURRENT'] });
    await expect(move('AWSCURRENT', A)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining('You can only move staging label AWSCURRENT to a different secret version'),
    });
  });

  it('knows no version that is not there', async () => {
    await expect(move('MINE', undefined, randomUUID())).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('moving AWSCURRENT back to where it was restores the old value and changes no version', async () => {
    await move('AWSCURRENT', A, B);
    await move('AWSCURRENT', B, A);
    expect(await labels()).toEqual({ [A]: ['AWSCURRENT'], [B]: ['AWSPENDING', 'AWSPREVIOUS'] });
    expect((await read()).SecretString).toBe('one');
  });
});

describe('GetSecretValue (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)', () => {
  it('reads AWSCURRENT unless told otherwise, by label, by id, or by both when they agree', async () => {
    await put(B, 'two', ['AWSPENDING']);
    expect((await read()).SecretString).toBe('one');
    expect((await read({ VersionStage: 'AWSPENDING' })).SecretString).toBe('two');
    expect((await read({ VersionId: B })).SecretString).toBe('two');
    expect((await read({ VersionId: B, VersionStage: 'AWSPENDING' })).SecretString).toBe('two');
    await expect(read({ VersionId: A, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  it('still reads a version without labels by its id', async () => {
    await put(B, 'two');
    await put(C, 'three');
    expect((await read({ VersionId: A })).SecretString).toBe('one');
  });

  it('finds a secret by name, by ARN and by ARN without its suffix, and not otherwise', async () => {
    const { ARN: arn = '' } = await read();
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:app\/db-[A-Za-z0-9]{6}$/);
    for (const SecretId of [arn, arn.slice(0, -7)]) {
      expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('one');
    }
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'app' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
    });
  });
});

describe('listing and describing', () => {
  it('ListSecretVersionIds shows versions without labels only on request (API_ListSecretVersionIds)', async () => {
    await put(B, 'two');
    await put(C, 'three');
    const ids = async (IncludeDeprecated: boolean) =>
      (await client.send(new ListSecretVersionIdsCommand({ SecretId: 'app/db', IncludeDeprecated }))).Versions?.map(
        ({ VersionId }) => VersionId,
      );
    expect(await ids(false)).toEqual([B, C]);
    expect(await ids(true)).toEqual([A, B, C]);
  });

  it('DescribeSecret leaves rotation out until it was configured, and gives last access by the day (API_DescribeSecret)', async () => {
    await read();
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(described.RotationEnabled).toBeUndefined();
    expect((described.LastAccessedDate?.getTime() ?? 1) % 86_400_000).toBe(0);
  });

  it('ListSecrets filters by prefix of the name and pages (API_ListSecrets)', async () => {
    for (const Name of ['app/a', 'other', 'app/b']) await client.send(new CreateSecretCommand({ Name }));
    const Filters = [{ Key: 'name' as const, Values: ['app/'] }];
    const first = await client.send(new ListSecretsCommand({ Filters, MaxResults: 2 }));
    const second = await client.send(new ListSecretsCommand({ Filters, NextToken: first.NextToken ?? '' }));
    expect([...(first.SecretList ?? []), ...(second.SecretList ?? [])].map(({ Name }) => Name)).toEqual([
      'app/db',
      'app/a',
      'app/b',
    ]);
    expect(second.NextToken).toBeUndefined();
  });

  it('tags come and go', async () => {
    await client.send(new TagResourceCommand({ SecretId: 'app/db', Tags: [{ Key: 'a', Value: '1' }] }));
    await client.send(new TagResourceCommand({ SecretId: 'app/db', Tags: [{ Key: 'b', Value: '2' }] }));
    await client.send(new UntagResourceCommand({ SecretId: 'app/db', TagKeys: ['a'] }));
    const { Tags: tags } = await client.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(tags).toEqual([{ Key: 'b', Value: '2' }]);
  });
});

describe('creating and deleting', () => {
  it('a name is taken once, the same request repeated excepted (API_CreateSecret)', async () => {
    await client.send(new CreateSecretCommand({ Name: 'app/db', SecretString: 'one', ClientRequestToken: A }));
    await expect(client.send(new CreateSecretCommand({ Name: 'app/db', SecretString: 'other' }))).rejects.toMatchObject(
      { name: 'ResourceExistsException' },
    );
  });

  it('a deleted secret cannot be read until it is restored; forced, it is gone (API_DeleteSecret)', async () => {
    await client.send(new DeleteSecretCommand({ SecretId: 'app/db', RecoveryWindowInDays: 7 }));
    await expect(read()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect((await client.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    await client.send(new RestoreSecretCommand({ SecretId: 'app/db' }));
    expect((await read()).SecretString).toBe('one');
    await client.send(new DeleteSecretCommand({ SecretId: 'app/db', ForceDeleteWithoutRecovery: true }));
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('GetRandomPassword (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html)', () => {
  const generate = async (input: GetRandomPasswordCommandInput) =>
    (await client.send(new GetRandomPasswordCommand(input))).RandomPassword ?? '';

  it('makes 32 characters with every type in them', async () => {
    const password = await generate({});
    expect(password).toHaveLength(32);
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9 ]/]) expect(password).toMatch(type);
  });

  it('keeps out what is excluded', async () => {
    expect(await generate({ PasswordLength: 200, ExcludePunctuation: true, ExcludeCharacters: 'abc0' })).toMatch(
      /^[d-zA-Z1-9]{200}$/,
    );
  });
});

describe('the event Secret Label Updated (https://docs.aws.amazon.com/secretsmanager/latest/userguide/event-detail-secret-label-updated-secretsmanager.html)', () => {
  it('tells of every label but AWSPENDING and AWSPREVIOUS, custom ones included', async () => {
    const events: BusEvent[] = [];
    world.onEvent((event) => events.push(event));
    await put(B, 'two', ['AWSPENDING']);
    await move('AWSCURRENT', A, B);
    await move('RETIRED', undefined, A);
    await move('RETIRED', A);
    await client.send(new TagResourceCommand({ SecretId: 'app/db', Tags: [{ Key: 'a', Value: '1' }] }));
    const { ARN: arn = '' } = await read();
    const event = (labelUpdated: string, versionId: string): BusEvent => ({
      source: 'aws.secretsmanager',
      'detail-type': 'Secret Label Updated',
      resources: [arn],
      detail: { name: 'app/db', labelUpdated, versionId },
    });
    expect(events).toEqual([event('AWSCURRENT', B), event('RETIRED', A)]);
  });
});
