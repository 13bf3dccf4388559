import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parameterNameOf } from '../../lib/core/entry.ts';
import { waitingVersion } from '../../lib/core/rotation/supplied-label.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { parseSupplied } from '../../lib/core/supplied.ts';
import { createKind } from '../../lib/kinds/supplied/index.ts';
import { AnthropicServer } from '../../lib/rehearsal/stand-ins/supplied/anthropic-server.ts';
import { estateOf, type SuppliedEstate } from '../kinds/supplied/harness.ts';
import type { House } from '../support/house.ts';
import { buildCliEstate, type CliEstate } from './estate.ts';

let server: AnthropicServer;
let provider: SuppliedEstate;
let estate: CliEstate;
let house: House;
/** What the human does when asked to destroy. */
let destroyed: (identity: string) => Promise<void>;

beforeEach(async () => {
  server = await new AnthropicServer().start();
  provider = estateOf(server);
  destroyed = provider.human.destroy;
  estate = await buildCliEstate({
    estate: {
      kind: createKind(),
      target: provider.target,
      initial: provider.current,
      adminSecret: undefined,
      clock: server.clock,
      // What is supplied comes by the command line alone.
      human: { supply: provider.human.supply, destroy: (identity) => destroyed(identity) },
    },
  });
  house = estate.house;
  // The house knows one kind of functions; the command line reads the inventory's own word.
  estate.ssm.put(parameterNameOf('house/db'), JSON.stringify({ ...house.entry, kind: 'supplied' }));
  for (const [name, value] of Object.entries(estate.env)) vi.stubEnv(name, value);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  const printed = estate.printed.join('\n');
  const denied = estate.operatorCalls().filter((call) => call.denied);
  await estate.close();
  await server.stop();
  const leaked = [...provider.account.keys.values()].filter(({ value }) => printed.includes(value.slice(-8)));
  expect({ denied, leaked }).toEqual({ denied: [], leaked: [] });
});

const madeByHand = () => server.make(provider.account, 'made in the console', {});
const waiting = async () => waitingVersion(await house.store.describe(house.secretArn));
/** Compared here, so that a failure shows no value. */
const waitsWith = async ({ id, value }: { id: string; value: string }) => {
  const versionId = (await waiting()) ?? '';
  const supplied = parseSupplied(await house.store.read(house.secretArn, { versionId }), 'what waits');
  return supplied.identity === id && supplied.value.equals(SecretValue.of(value));
};
const statusOf = async () => JSON.parse((await estate.run(['status', '--json'])).out.join('\n'))[0];

describe('keyturn supply', () => {
  it('takes a value from stdin and rotates to it; the old key dies by a human’s hand, and nothing waits any more', async () => {
    const key = madeByHand();
    const task = `awaiting a human: destroy key ${provider.byHand.id} at https://platform.claude.com/settings/keys`;
    destroyed = async (identity) => {
      await vi.waitFor(() => expect(estate.printed.some((line) => line.endsWith(task))).toBe(true), { timeout: 5_000 });
      await provider.human.destroy(identity);
    };
    const { code, out, err } = await estate.run(['supply', 'house/db', '--identity', key.id, '--watch'], {
      stdin: `${key.value}\n`,
    });
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out[0]).toBe(`house/db: a value of ${key.value.length} characters called ${key.id} waits for its rotation`);
    expect(out.at(-1)).toMatch(/retired: the old credential is refused$/);
    expect(house.messages).toEqual(['Keyturn: house/db waits for a human']);
    expect(house.records).toMatchObject([
      { result: 'retired', retiredIdentity: provider.byHand.id, finality: 'destroyed' },
    ]);
    expect(house.records[0]?.timeline).toHaveProperty('humanAsked');
    const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
    expect(JSON.parse(current.reveal())).toEqual({
      provider: 'anthropic',
      value: key.value,
      identity: key.id,
      note: 'kept',
    });
    expect(await waiting()).toBeUndefined();
    expect((await house.store.describe(house.secretArn)).supplied).toBeUndefined();
  });

  it('asks at a terminal without showing the value, and for its name', async () => {
    const key = madeByHand();
    const { code, err } = await estate.run(['supply', 'house/db', '--no-rotate'], { answers: [key.value, key.id] });
    expect(code).toBe(0);
    expect(err).toEqual([
      'New value of house/db, made at https://platform.claude.com/settings/keys (not shown): ',
      'Its id or name there, so that it can be found when it is to be destroyed (Enter for none): ',
    ]);
    expect(await waitsWith(key)).toBe(true);
  });

  it.each([
    ['the value', []],
    ['the name', ['sk-ant-something-new']],
  ])('stores nothing when Ctrl-C comes at the question for %s', async (_, answers) => {
    const { code, err } = await estate.run(['supply', 'house/db'], { answers: [...answers] });
    expect({ code, last: err.at(-1) }).toEqual({ code: 130, last: 'Nothing was stored.' });
    expect(await waiting()).toBeUndefined();
  });

  it('lets a value wait with --no-rotate, shows since when, and replaces it by a later one', async () => {
    const [first, second] = [madeByHand(), madeByHand()];
    const run = (value: string) => estate.run(['supply', 'house/db', '--no-rotate'], { stdin: value });
    expect((await run(first.value)).out).toEqual([
      `house/db: a value of ${first.value.length} characters waits for its rotation`,
      'The next campaign takes it, or: keyturn rotate house/db --reason "…"',
    ]);
    expect((await statusOf()).suppliedAt).toMatch(/^\d{4}-.*Z$/);
    const replacing = await run(second.value);
    expect(replacing.out[1]).toBe('It takes the place of one that waited before, which nobody will use.');
    expect((await estate.run(['rotate', 'house/db', '--reason', 'now', '--watch'])).code).toBe(0);
    const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
    expect(JSON.parse(current.reveal()).value).toBe(second.value);
  });

  it('prints JSON without the value', async () => {
    const key = madeByHand();
    const { out } = await estate.run(['supply', 'house/db', '--json'], { stdin: key.value });
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'stored', secret: 'house/db', replacedVersionId: null, identity: null, characters: key.value.length },
      { event: 'started', reason: 'a new value was supplied', requestedBy: expect.stringMatching(/user\/operator$/) },
    ]);
  });

  it.each([
    ['nothing', '', /no value came; nothing was stored/],
    ['a blank inside', 'sk-ant two', /holds a blank, a line break/],
    ['two lines', 'sk-ant-1\nsk-ant-2\n', /holds a blank, a line break/],
  ])('refuses %s with exit code 2', async (_, stdin, said) => {
    const { code, err } = await estate.run(['supply', 'house/db'], { stdin });
    expect(code).toBe(2);
    expect(err).toEqual([expect.stringMatching(said)]);
    expect(await waiting()).toBeUndefined();
  });

  it('refuses the value in use', async () => {
    const { code, err } = await estate.run(['supply', 'house/db'], { stdin: provider.byHand.value });
    expect({ code, err }).toEqual({
      code: 2,
      err: ['keyturn: house/db: that is the value in use already; nothing was stored'],
    });
  });

  it('refuses an identity that is a part of the value', async () => {
    const { code, err } = await estate.run(['supply', 'house/db', '--identity', 'sk-ant-api03'], {
      stdin: madeByHand().value,
    });
    expect({ code, err }).toEqual({ code: 2, err: [expect.stringContaining('a part of the value')] });
  });

  it('has no argument for the value', async () => {
    const { code, err } = await estate.run(['supply', 'house/db', 'sk-ant-on-the-command-line']);
    expect(code).toBe(2);
    expect(err.join('\n')).not.toContain('sk-ant');
  });

  it('refuses a secret whose values Keyturn makes', async () => {
    estate.deploy({});
    const { code, err } = await estate.run(['supply', 'house/db'], { stdin: 'whatever' });
    expect({ code, err }).toEqual({ code: 2, err: [expect.stringContaining('run keyturn rotate house/db')] });
  });

  it('refuses to rotate while a rollout is open, before it asks for the value', async () => {
    await house.store.moveLabel(house.secretArn, 'KEYTURN_RETIRING', {
      to: (await house.labelsOf())['AWSCURRENT'] ?? '',
    });
    const { code, err } = await estate.run(['supply', 'house/db'], { answers: [] });
    expect({ code, err }).toEqual({ code: 1, err: [expect.stringContaining('its last rollout is still open')] });
  });
});

/** A terminal of its own for the child: util-linux's `script`, whose other flavours take other options. */
describe.skipIf(process.platform !== 'linux')('at a real terminal', () => {
  const launcher = fileURLToPath(new URL('../../bin/keyturn.js', import.meta.url));

  function atTerminal(...argv: string[]) {
    const command = [process.execPath, launcher, ...argv].join(' ');
    const env = { ...process.env, ...estate.env, TERM: 'xterm' };
    const child = spawn('script', ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    child.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    return {
      shown: () => shown,
      async type(at: string, keys: string) {
        await vi.waitFor(() => expect(shown).toContain(at), { timeout: 15_000 });
        child.stdin.write(keys);
      },
      ended: new Promise<number | null>((resolve) => child.on('close', resolve)),
    };
  }

  it('shows nothing of what is pasted', { timeout: 30_000 }, async () => {
    const key = madeByHand();
    const terminal = atTerminal('supply', 'house/db', '--no-rotate');
    await terminal.type('(not shown)', `${key.value}\r`);
    await terminal.type('(Enter for none)', `${key.id}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain(`called ${key.id} waits for its rotation`);
    for (let at = 0; at + 8 <= key.value.length; at += 4)
      expect(terminal.shown().includes(key.value.slice(at, at + 8)), 'a part of the value was shown').toBe(false);
    expect(await waitsWith(key)).toBe(true);
  });

  it('stores nothing after Ctrl-C, and leaves the terminal as it was', { timeout: 30_000 }, async () => {
    const terminal = atTerminal('supply', 'house/db');
    await terminal.type('(not shown)', 'sk-ant-half\u0003');
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown()).toContain('Nothing was stored.');
    expect(await waiting()).toBeUndefined();
  });
});

describe('keyturn rotate of a secret whose values a human brings', () => {
  it('refuses while none waits, and says where to make one', async () => {
    const { code, err } = await estate.run(['rotate', 'house/db', '--reason', 'drill']);
    expect({ code, err }).toEqual({
      code: 1,
      err: [
        'keyturn: house/db: no value waits; make one at https://platform.claude.com/settings/keys, then run keyturn supply house/db',
      ],
    });
  });
});

describe('keyturn status of a secret whose values a human brings', () => {
  it('says what a human must do, for as long as the rollout waits', async () => {
    house.entry = { ...house.entry, timings: { ...house.entry.timings, pollSeconds: 1, reminderSeconds: 3600 } };
    destroyed = async () => undefined;
    const key = madeByHand();
    await estate.run(['supply', 'house/db', '--identity', key.id], { stdin: key.value });
    await vi.waitFor(async () => expect((await statusOf()).phase).toBe('awaiting a human'), { timeout: 5_000 });
    expect((await statusOf()).attention).toEqual([
      `waits for a human: destroy key ${provider.byHand.id} at https://platform.claude.com/settings/keys`,
    ]);
    await provider.human.destroy(provider.byHand.id);
    await vi.waitFor(async () => expect((await statusOf()).phase).toBe('idle'), { timeout: 5_000 });
  });

  it('says since when a campaign waits', async () => {
    const { AWSCURRENT } = await house.labelsOf();
    await house.store.tag(house.secretArn, 'keyturn:waiting-since', `2026-12-01T03:00:00.000Z/${AWSCURRENT}`);
    expect(await statusOf()).toMatchObject({
      waitingSince: '2026-12-01T03:00:00.000Z',
      attention: [expect.stringContaining('waiting for a value since 2026-12-01T03:00:00.000Z')],
    });
    await house.store.tag(house.secretArn, 'keyturn:waiting-since', `2026-12-01T03:00:00.000Z/${randomUUID()}`);
    expect((await statusOf()).waitingSince).toBeNull();
  });
});
