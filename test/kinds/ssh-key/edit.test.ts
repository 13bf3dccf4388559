import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKeyPair } from '../../../lib/kinds/ssh-key/key-pair.ts';
import { type Edit, editScript } from '../../../lib/kinds/ssh-key/scripts/edit.ts';
import { quote } from '../../../lib/kinds/ssh-key/scripts/shell.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const own = process.getuid?.() ?? 0;

const [old, fresh, foreign] = ['old', 'fresh', 'foreign'].map((name) => newKeyPair(name).publicKey.blob);
const line = (blob = '', comment = 'x', options = '') => `${options}ssh-ed25519 ${blob} ${comment}`;

let folder: string;
let home: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-edit-'));
  await chmod(folder, 0o755);
  home = join(folder, 'home');
  await mkdir(home);
  await mkdir(join(folder, 'bin'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The host's list of users has one, with a home of the test's own. */
async function userIs(name: string, uid: number): Promise<void> {
  const known = `[ "$2" = ${name} ] && echo ${quote(`${name}:x:${uid}:${uid}::${home}:/bin/sh`)}`;
  await writeFile(join(folder, 'bin/getent'), `#!/bin/sh\n${known}\n`, { mode: 0o755 });
}

const later = () => Math.ceil(Date.now() / 1000) + 60;

async function edit(changes: Partial<Edit>, name = 'deploy'): Promise<{ code: number; said: string }> {
  const script = editScript({
    user: name,
    file: undefined,
    keep: undefined,
    add: undefined,
    drop: [],
    sweep: undefined,
    deadline: later(),
    ...changes,
  });
  const PATH = `${join(folder, 'bin')}:${process.env['PATH']}`;
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', script], { env: { ...process.env, PATH } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
    );
  });
}

const add = (blob = fresh) => ({ keep: blob, add: line(blob, 'keyturn:a:SHA256:x') });
const keys = () => join(home, '.ssh/authorized_keys');
const put = async (text: string, file = keys()) => {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
};

describe('adding a line', () => {
  beforeEach(() => userIs('deploy', own));

  it('makes the folder and the file where there are none, for the user alone', async () => {
    expect(await edit(add())).toEqual({ code: 0, said: '' });
    expect(await readFile(keys(), 'utf8')).toBe(`${add().add}\n`);
    expect([(await stat(keys())).mode & 0o777, (await stat(join(home, '.ssh'))).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await readdir(join(home, '.ssh'))).toEqual(['authorized_keys']);
  });

  it('keeps every line that is there, byte for byte, also without a last line break', async () => {
    const before = `# a comment with ssh-ed25519 ${fresh} in it\n\n  ${line(foreign, 'ä "quoted" \\back $x `y`', 'from="a b",')}\t\r\nrubbish\\n`;
    await put(before);
    await edit(add());
    expect(await readFile(keys(), 'utf8')).toBe(`${before}\n${add().add}\n`);
  });

  it('leaves the file alone, and its time, when the key has a line already, with whatever options', async () => {
    await put(`${line(fresh, 'by hand', 'no-pty,command="echo \\"x\\"" ')}\n`);
    const { mtimeNs, ino } = await stat(keys(), { bigint: true });
    expect((await edit(add())).code).toBe(0);
    expect(await stat(keys(), { bigint: true })).toMatchObject({ mtimeNs, ino });
  });

  it('keeps the file’s mode', async () => {
    await put('');
    await chmod(keys(), 0o640);
    await edit(add());
    expect((await stat(keys())).mode & 0o777).toBe(0o640);
  });

  it('follows a link to where the file is, and leaves the link', async () => {
    await put(`${line(foreign)}\n`, join(home, 'elsewhere/keys'));
    await mkdir(join(home, '.ssh'), { mode: 0o700 });
    await symlink(join(home, 'elsewhere/keys'), keys());
    await edit(add());
    expect((await lstat(keys())).isSymbolicLink()).toBe(true);
    expect(await readFile(join(home, 'elsewhere/keys'), 'utf8')).toBe(`${line(foreign)}\n${add().add}\n`);
  });

  it('ten times at once, with ten keys, loses none', async () => {
    await put(`${line(foreign)}\n`);
    const blobs = Array.from({ length: 10 }, () => newKeyPair('x').publicKey.blob);
    const codes = await Promise.all(blobs.map(async (blob) => (await edit(add(blob))).code));
    expect(codes).toEqual(blobs.map(() => 0));
    const text = await readFile(keys(), 'utf8');
    for (const blob of [foreign, ...blobs]) expect(text).toContain(` ${blob} `);
    expect(text.trimEnd().split('\n')).toHaveLength(11);
  });

  it('removes what a crashed attempt has left beside the file', async () => {
    await put('', join(home, '.ssh/.keyturn.a1B2c3'));
    await edit(add());
    expect(await readdir(join(home, '.ssh'))).toEqual(['authorized_keys']);
  });

  it('into a file that the inventory names, which must have a folder', async () => {
    const file = join(folder, 'etc/deploy');
    expect(await edit({ ...add(), file })).toMatchObject({ code: 69, said: expect.stringContaining('no folder') });
    await mkdir(join(folder, 'etc'));
    expect((await edit({ ...add(), file })).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain(fresh);
  });

  it('is no way in for a shell: names, paths and options are words, whatever is in them', async () => {
    const nasty = `from="$(touch ${folder}/in)\`touch ${folder}/in\`';touch ${folder}/in;'" `;
    await edit({ keep: fresh, add: line(fresh, 'x', nasty) });
    expect(await readFile(keys(), 'utf8')).toBe(`${line(fresh, 'x', nasty)}\n`);
    expect((await edit(add(), `deploy'; touch ${folder}/in; '`)).code).toBe(67);
    expect(await readdir(folder)).toEqual(['bin', 'home']);
  });

  it('changes nothing when it comes too late, when there is no such user, or no home', async () => {
    expect(await edit({ ...add(), deadline: Math.floor(Date.now() / 1000) - 1 })).toMatchObject({ code: 75 });
    expect(await edit(add(), 'somebody')).toMatchObject({ code: 67, said: expect.stringContaining('somebody') });
    await rm(home, { recursive: true });
    expect(await edit(add())).toMatchObject({ code: 69, said: expect.stringContaining('no home') });
  });
});

describe('removing lines', () => {
  beforeEach(() => userIs('deploy', own));

  it('takes the key’s lines, every one, and no other', async () => {
    const rest = [line(foreign), `# ${line(old)}`, line(fresh), `environment="A=${old}x" ${line(foreign)}`];
    await put([line(old), ...rest, line(old, 'again', 'no-pty '), ''].join('\n'));
    expect((await edit({ keep: fresh, drop: [old ?? ''] })).code).toBe(0);
    expect(await readFile(keys(), 'utf8')).toBe([...rest, ''].join('\n'));
  });

  it('refuses where the key that is to stay has no line', async () => {
    await put(`${line(old)}\n# ${line(fresh)}\n`);
    expect(await edit({ keep: fresh, drop: [old ?? ''] })).toMatchObject({ code: 76 });
    expect(await readFile(keys(), 'utf8')).toContain(line(old));
    await rm(keys());
    expect(await edit({ keep: fresh, drop: [old ?? ''] })).toMatchObject({ code: 76 });
  });

  it('takes lines with the secret’s mark too, but not the kept key’s, nor another secret’s', async () => {
    const rest = [line(fresh, 'keyturn:a:1'), line(foreign, 'keyturn:ab:1'), line(foreign, 'not-keyturn:a:1')];
    await put([...rest, line(old, 'keyturn:a:2'), ''].join('\n'));
    await edit({ keep: fresh, sweep: 'keyturn:a:' });
    expect(await readFile(keys(), 'utf8')).toBe([...rest, ''].join('\n'));
  });

  it('by its mark alone, where nothing is to stay; a missing file stays missing, or empty', async () => {
    expect((await edit({ drop: ['keyturn:a:2'] })).code).toBe(0);
    await put(`${line(old, 'keyturn:a:2')}\n${line(foreign, 'keyturn:a:22')}\n`);
    await edit({ drop: ['keyturn:a:2'] });
    expect(await readFile(keys(), 'utf8')).toBe(`${line(foreign, 'keyturn:a:22')}\n`);
  });
});

describe.runIf(isRoot)('as root, for another user', () => {
  beforeEach(async () => {
    await userIs('nobody', nobody);
    await chown(home, nobody, nobody);
  });

  it('makes and changes what is the user’s as the user', async () => {
    expect(await edit(add(), 'nobody')).toEqual({ code: 0, said: '' });
    expect(await stat(keys())).toMatchObject({ uid: nobody, gid: nobody });
    await edit(add(old), 'nobody');
    expect(await stat(keys())).toMatchObject({ uid: nobody, gid: nobody });
    expect(await readFile(keys(), 'utf8')).toContain(old);
  });

  it('does not follow a link to where the user may not write, and shows the user nothing of it', async () => {
    const secret = join(folder, 'shadow');
    await writeFile(secret, 'root:secret\n', { mode: 0o600 });
    await mkdir(join(home, '.ssh'), { mode: 0o700 });
    await chown(join(home, '.ssh'), nobody, nobody);
    await symlink(secret, keys());
    expect((await edit(add(), 'nobody')).code).not.toBe(0);
    expect(await readFile(secret, 'utf8')).toBe('root:secret\n');
    expect(await readdir(join(home, '.ssh'))).toEqual(['authorized_keys']);
    expect(await readdir(folder)).toEqual(['bin', 'home', 'shadow']);
  });

  it('changes a file in root’s own folder as root, and lets sshd read it as the user', async () => {
    const file = join(folder, 'keys/nobody');
    await mkdir(join(folder, 'keys'), { mode: 0o755 });
    expect((await edit({ ...add(), file }, 'nobody')).code).toBe(0);
    expect(await stat(file)).toMatchObject({ uid: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    await chown(file, nobody, 0);
    await edit({ ...add(old), file }, 'nobody');
    expect(await stat(file)).toMatchObject({ uid: nobody, gid: 0 });
  });

  it('refuses a folder that is a third party’s, and a file in the user’s folder that is not the user’s', async () => {
    const file = join(folder, 'keys/nobody');
    await mkdir(join(folder, 'keys'));
    await chown(join(folder, 'keys'), 12_345, 0);
    expect(await edit({ ...add(), file }, 'nobody')).toMatchObject({ code: 69 });
    await put('');
    await chown(join(home, '.ssh'), nobody, nobody);
    await chmod(keys(), 0o644);
    expect(await edit(add(), 'nobody')).toMatchObject({ code: 69, said: expect.stringContaining('not the file of') });
  });
});
