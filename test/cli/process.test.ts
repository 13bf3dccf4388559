import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCliEstate, type CliEstate } from './estate.ts';

const launcher = fileURLToPath(new URL('../../bin/keyturn.js', import.meta.url));

let estate: CliEstate;
beforeAll(async () => {
  estate = await buildCliEstate();
});
afterAll(() => estate.close());

interface Started {
  child: ChildProcess;
  ended: Promise<{ code: number | null; out: string; err: string }>;
}

/** `npx keyturn …`, in a process of its own, writing into pipes. */
function start(argv: readonly string[], more: Record<string, string> = {}, script = launcher): Started {
  const env = { ...process.env, ...estate.env, CI: 'true', ...more };
  const child = spawn(process.execPath, [script, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  // `close` comes when no process holds the pipes any more: then none is left.
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = closed.then(async (code) => {
    const [out, err] = await said;
    estate.printed.push(out, err);
    return { code, out, err };
  });
  return { child, ended };
}

const run = (argv: readonly string[], more?: Record<string, string>) => start(argv, more).ended;

/** Resolves when the child has printed this. */
function printed({ child }: Started, wanted: string): Promise<void> {
  let all = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk) => {
      all += chunk;
      if (all.includes(wanted)) resolve();
    });
  });
}

describe('as a process', () => {
  it.each([
    [['rotate', 'house/db'], "keyturn: required option '--reason <text>' not specified\n"],
    [['rotate', '--reason', 'x'], "keyturn: missing required argument 'secret'\n"],
    [['status', '--jsno'], "keyturn: unknown option '--jsno'\n(Did you mean --json?)\n"],
    [['stauts'], "keyturn: unknown command 'stauts'\n(Did you mean status?)\n"],
    [['rotate', 'a', 'b', '--reason', 'x'], expect.stringContaining('too many arguments')],
  ])('refuses %j with exit code 2', async (argv, err) => {
    expect(await run(argv)).toEqual({ code: 2, out: '', err });
  });

  it('prints JSON that parses, and nothing else', async () => {
    const { code, out, err } = await run(['status', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject([{ secret: 'house/db', phase: 'idle' }]);
  });

  it.each([{}, { FORCE_COLOR: '1' }, { NO_COLOR: '1' }])('writes plain text into a pipe, with %j', async (more) => {
    const { code, out } = await run(['status'], more);
    expect(code).toBe(0);
    expect(out).toMatch(/^SECRET .*\nhouse\/db .*\n$/);
    expect(out).not.toContain('\u001b');
  });

  it('takes where to from its options, before or after the command', async () => {
    const elsewhere = { AWS_ENDPOINT_URL: '', AWS_REGION: '' };
    const to = ['--endpoint-url', estate.house.world.endpoint, '--region', 'us-east-1'];
    expect((await run([...to, 'status'], elsewhere)).code).toBe(0);
    expect((await run(['status', ...to], elsewhere)).code).toBe(0);
  });

  it('takes the Region from AWS_DEFAULT_REGION too, as the aws command line does', async () => {
    expect((await run(['status'], { AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' })).code).toBe(0);
    const { code, err } = await run(['status'], {
      AWS_REGION: '',
      AWS_DEFAULT_REGION: '',
      AWS_CONFIG_FILE: '/dev/null',
    });
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^keyturn: no AWS Region is set, .*--region\n$/),
    });
  });

  it('says with --verbose what led to an error', async () => {
    const { code, out, err } = await run(['status', '--verbose', '--endpoint-url', 'http://127.0.0.1:9']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^keyturn: nothing answers at the endpoint.*\n {2}caused by: GetParametersByPath .*\n$/);
  });

  it('says which profile is missing, without a stack trace', async () => {
    const without = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    const { code, out, err } = await run(['status', '--profile', 'nobody'], without);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe('keyturn: no AWS credentials were found; set AWS_PROFILE or --profile, or log in\n');
  });

  it('is quiet when its reader has gone away', async () => {
    const env = { ...process.env, ...estate.env };
    const child = spawn(process.execPath, [launcher, 'status'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const err = text(child.stderr);
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    expect(await err).toBe('');
  });

  it('prints plain lines with --watch, and passes Ctrl-C on: it stops watching and leaves the rotation going', async () => {
    estate.deploy({ timings: { ...estate.house.entry.timings, soakSeconds: 5 } });
    const watching = start(['rotate', 'house/db', '--reason', 'drill', '--watch']);
    await printed(watching, 'soaking');
    watching.child.kill('SIGINT');
    const { code, out, err } = await watching.ended;
    expect({ code, err }).toEqual({
      code: 130,
      err: 'Stopped watching; the rotation goes on. See keyturn status house/db\n',
    });
    expect(stripVTControlCharacters(out).replaceAll('\r', '')).toBe(out);
    const versionId = /version (\S+)/.exec(out)?.[1] ?? '';
    expect((await estate.house.rolloutOf(versionId)).status).toBe('SUCCEEDED');
  });

  it('ends with the process that started it', async () => {
    estate.deploy({ timings: { ...estate.house.entry.timings, soakSeconds: 5 } });
    const watching = start(['rotate', 'house/db', '--reason', 'drill', '--watch', '--json']);
    await printed(watching, '"phase":"rotating"');
    watching.child.kill('SIGTERM');
    expect((await watching.ended).code).toBe(128 + 15);
  });
});

describe('the launcher', () => {
  it('says what to do where its Node is missing', async () => {
    const clone = await mkdtemp(join(tmpdir(), 'keyturn-clone-'));
    await mkdir(join(clone, 'bin'));
    await copyFile(launcher, join(clone, 'bin', 'keyturn.mjs'));
    const { code, out, err } = await start(['status'], {}, join(clone, 'bin', 'keyturn.mjs')).ended;
    await rm(clone, { recursive: true });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`keyturn: the Node that it runs on is missing; run "npm ci" in ${clone}/\n`);
  });
});
