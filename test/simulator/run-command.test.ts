import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { Ssm } from '../../lib/simulator/services/ssm/ssm.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, eventually, roleSession } from './support/actors.ts';
import { type FakeClock, fakeClock } from './support/fake-clock.ts';

const node = 'i-0123456789abcdef0';

let clock: FakeClock;
let world: SimulatedWorld;
let client: SSMClient;
let folder: string;
beforeEach(async () => {
  clock = fakeClock();
  world = await startSimulator({ clock });
  client = new SSMClient(clientConfig(world));
  folder = await mkdtemp(join(tmpdir(), 'keyturn-node-'));
  register();
});
afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const register = (changes = {}) =>
  world.service<Ssm>('ssm').runCommand.register({ instanceId: node, tags: { team: 'a' }, folder, ...changes });

const commandOf = (commands: string[], changes = {}) =>
  new SendCommandCommand({
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: [node],
    Parameters: { commands },
    ...changes,
  });
const send = async (commands: string[], changes = {}) =>
  (await client.send(commandOf(commands, changes))).Command?.CommandId ?? '';
const get = (commandId: string, instanceId = node) =>
  client.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));

/** Sends it and lets time go on until it has ended. */
async function run(commands: string[], changes = {}) {
  const commandId = await send(commands, changes);
  return eventually(async () => {
    clock.advance(100);
    const answer = await get(commandId);
    if (['Pending', 'InProgress', 'Delayed'].includes(answer.Status ?? '')) throw new Error(answer.Status);
    return answer;
  });
}

describe('a command (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html)', () => {
  it('runs its lines as one script of the node’s shell, and hands on what it wrote and how it ended', async () => {
    await writeFile(join(folder, 'known'), 'here\n');
    expect(await run(['word=two', 'echo "$word words"', 'cat known', 'echo bad >&2'])).toMatchObject({
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      StandardOutputContent: 'two words\nhere\n',
      StandardErrorContent: 'bad\n',
      PluginName: 'aws:runShellScript',
    });
    expect(await run(['exit 7'])).toMatchObject({ Status: 'Failed', ResponseCode: 7 });
    expect(await readdir(folder)).toEqual(['known']);
  });

  it('is not known at first (InvocationDoesNotExist), then on its way, without a code', async () => {
    const commandId = await send(['sleep 60']);
    await expect(get(commandId)).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
    clock.advance(100);
    const answer = await eventually(async () => {
      const now = await get(commandId);
      expect(now.Status).toBe('InProgress');
      return now;
    });
    expect(answer).toMatchObject({ StatusDetails: 'In Progress', ResponseCode: -1, StandardOutputContent: '' });
    await expect(get(commandId, 'i-0fedcba9876543210')).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
  });

  it('shows the first 24,000 characters of what it wrote, 8,000 of its errors (API_GetCommandInvocation)', async () => {
    const much = 'i=0; while [ $i -lt 3000 ]; do echo 123456789; echo 123456789 >&2; i=$((i+1)); done';
    const { StandardOutputContent: out, StandardErrorContent: err } = await run([much]);
    expect([out?.length, err?.length]).toEqual([24_000, 8_000]);
  });

  it('that takes too long is ended with all that it started (Execution Timed Out)', async () => {
    expect(
      await run(['sleep 30 & sleep 30'], {
        Parameters: { commands: ['sleep 30 & sleep 30'], executionTimeout: ['1'] },
      }),
    ).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Execution Timed Out' });
  });

  it('waits for a node that cannot be reached, and does not run once its time is over (Delivery Timed Out)', async () => {
    register({ online: false });
    const [late, early] = [await send(['echo x > late'], { TimeoutSeconds: 30 }), await send(['echo x > early'])];
    await eventually(async () => {
      clock.advance(100);
      expect((await get(late)).Status).toBe('Delayed');
    });
    clock.advance(30_000);
    await eventually(async () => {
      clock.advance(100);
      expect(await get(late)).toMatchObject({
        Status: 'TimedOut',
        StatusDetails: 'Delivery Timed Out',
        ResponseCode: -1,
      });
    });
    register();
    await eventually(async () => {
      clock.advance(100);
      expect((await get(early)).Status).toBe('Success');
    });
    expect(await readdir(folder)).toEqual(['early']);
  });

  it('is refused as a whole for what the API does not take', async () => {
    const refused = (changes: object) =>
      client.send(commandOf(['true'], changes)).then(
        () => 'taken',
        (error: Error) => error.name,
      );
    expect(await refused({ DocumentName: 'Mine' })).toBe('InvalidDocument');
    expect(await refused({ InstanceIds: [node, 'i-0fedcba9876543210'] })).toBe('InvalidInstanceId');
    expect(await refused({ InstanceIds: [node, node] })).toBe('DuplicateInstanceId');
    expect(await refused({ Parameters: { command: ['true'] } })).toBe('InvalidParameters');
    expect(await refused({ Parameters: {} })).toBe('InvalidParameters');
    expect(await refused({ TimeoutSeconds: 29 })).toBe('ValidationException');
    expect(await refused({ Comment: 'x'.repeat(101) })).toBe('ValidationException');
    expect(
      await refused({ InstanceIds: Array.from({ length: 51 }, (_, at) => `i-${String(at).padStart(17, '0')}`) }),
    ).toBe('ValidationException');
  });
});

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
describe('permission to send a command', () => {
  const document = 'arn:aws:ssm:us-east-1::document/AWS-RunShellScript';
  const instances = 'arn:aws:ec2:us-east-1:123456789012:instance/*';
  const tagged = (value: string) => ({ StringEquals: { 'ssm:resourceTag/team': value } });

  it.each([
    { what: 'the document and the node', statements: [{ Resource: [document, instances] }], answer: 'taken' },
    { what: 'the document alone', statements: [{ Resource: document }], answer: 'AccessDeniedException' },
    { what: 'the node alone', statements: [{ Resource: instances }], answer: 'AccessDeniedException' },
    {
      what: 'nodes with its tag',
      statements: [{ Resource: document }, { Resource: instances, Condition: tagged('a') }],
      answer: 'taken',
    },
    {
      what: 'nodes with another tag',
      statements: [{ Resource: document }, { Resource: instances, Condition: tagged('b') }],
      answer: 'AccessDeniedException',
    },
    {
      what: 'a document of the account’s own with that name',
      statements: [{ Resource: [document.replace('::', ':123456789012:'), instances] }],
      answer: 'AccessDeniedException',
    },
    {
      what: 'a tag that a document cannot have',
      statements: [{ Resource: [document, instances], Condition: tagged('a') }],
      answer: 'AccessDeniedException',
    },
  ])('for $what: $answer', async ({ statements, answer }) => {
    const { credentials } = await roleSession(
      world,
      'sender',
      ...statements.map((statement) => ({ Action: 'ssm:SendCommand', ...statement })),
    );
    clock.advance(5_000);
    const sender = new SSMClient(clientConfig(world, credentials));
    const given = await sender.send(commandOf(['true'])).then(
      () => 'taken',
      (error: Error) => error.name,
    );
    expect(given).toBe(answer);
  });
});
