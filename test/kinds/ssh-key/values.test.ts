import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { render } from '../../../lib/core/views/template.ts';
import { parseCredential, proposeValue } from '../../../lib/kinds/ssh-key/credential.ts';
import { newKeyPair, readPrivateKey } from '../../../lib/kinds/ssh-key/key-pair.ts';
import { lineOf, markOf } from '../../../lib/kinds/ssh-key/line.ts';
import { parseTarget } from '../../../lib/kinds/ssh-key/schema.ts';
import { sshdInstalled } from '../../support/sshd-server.ts';

const target = parseTarget({
  user: 'deploy',
  hosts: [{ host: 'web-1', instanceId: 'i-0123456789abcdef0', hostKeys: [`SHA256:${'x'.repeat(43)}`] }],
});
const valueWith = (fields: object) => SecretValue.of(JSON.stringify(fields));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-key-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.runIf(sshdInstalled())('beside ssh-keygen', () => {
  const keygen = (...args: string[]) => execFileSync('ssh-keygen', args, { encoding: 'utf8' }).trim();

  it('a new key, as a view writes it into a file, is one that OpenSSH reads, with the same public half and fingerprint', async () => {
    const file = join(folder, 'view');
    for (let turn = 0; turn < 8; turn += 1) {
      const value = proposeValue(target, undefined);
      await writeFile(file, render('{privateKey}', value).reveal(), { mode: 0o600 });
      const { publicKey } = parseCredential(value, target) ?? expect.fail('no key');
      expect(keygen('-y', '-f', file)).toBe(`${publicKey.type} ${publicKey.blob} deploy`);
      expect(keygen('-l', '-f', file)).toContain(publicKey.fingerprint);
    }
  });

  it.each([
    ['ed25519', []],
    ['rsa', ['-b', '2048']],
    ['ecdsa', []],
    ['rsa', ['-b', '2048', '-m', 'PEM']],
  ])('%s %s: a key that a person made is read, public half and fingerprint', async (type, args) => {
    const file = join(folder, `${type}${args.length}`);
    keygen('-q', '-t', type, ...args, '-N', '', '-C', 'x', '-f', file);
    const { blob, fingerprint } = readPrivateKey(SecretValue.of(await readFile(file, 'utf8'))) ?? expect.fail('unread');
    expect(await readFile(`${file}.pub`, 'utf8')).toContain(` ${blob} `);
    expect(keygen('-l', '-f', file)).toContain(fingerprint);
  });

  it('a key with a passphrase is not', async () => {
    const file = join(folder, 'locked');
    keygen('-q', '-t', 'ed25519', '-N', 'canary', '-f', file);
    expect(readPrivateKey(SecretValue.of(await readFile(file, 'utf8')))).toBeUndefined();
  });
});

describe('a value', () => {
  const mistake = (fields: object) => {
    try {
      parseCredential(valueWith(fields), target);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'taken';
  };
  const { privateKey, publicKey } = newKeyPair('x');
  const whole = { username: 'deploy', privateKey: privateKey.reveal() };

  it('keeps its other fields, and takes the inventory’s user', () => {
    const current = parseCredential(valueWith({ privateKey: whole.privateKey, note: 'ours' }), target);
    expect(proposeValue(target, current).parse(JSON.parse)).toMatchObject({ note: 'ours', username: 'deploy' });
  });

  it('is malformed when its halves do not belong together, or it is no key of a sort that can be used', () => {
    const other = newKeyPair('y');
    const cut = whole.privateKey.replace(/.{70}\n-----END/, '\n-----END');
    const pkcs8 = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    expect(mistake(whole)).toBe('taken');
    expect(mistake({ ...whole, publicKey: `ssh-ed25519 ${publicKey.blob} a comment` })).toBe('taken');
    for (const changes of [
      { publicKey: `ssh-ed25519 ${other.publicKey.blob}` },
      { fingerprint: other.publicKey.fingerprint },
      { privateKey: 'not a key' },
      { privateKey: cut.slice(0, 200) },
      { privateKey: pkcs8 },
      { privateKey: swapped(whole.privateKey, other.privateKey.reveal()) },
      { privateKey: 42 },
    ])
      expect(mistake({ ...whole, ...changes }), JSON.stringify(Object.keys(changes))).toBe('SecretMalformed');
  });
});

/** The public half of one key with the private half of another. */
function swapped(one: string, other: string): string {
  const [first, second] = [one, other].map((text) => Buffer.from(text.replaceAll(/-----.*-----/g, ''), 'base64'));
  const at = (first?.indexOf('ssh-ed25519') ?? 0) + 11 + 4 + 32;
  const whole = Buffer.concat([first?.subarray(0, at) ?? Buffer.of(), second?.subarray(at) ?? Buffer.of()]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${whole.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

it('a line has the options, the key, and the secret’s mark with the fingerprint', () => {
  const arn = (account: string) => `arn:aws:secretsmanager:eu-central-1:${account}:secret:app/deploy-AbCdEf`;
  const key = { type: 'ssh-ed25519', blob: 'AAAA', fingerprint: 'SHA256:x' };
  expect(lineOf(arn('111122223333'), key, 'no-pty')).toMatch(
    /^no-pty ssh-ed25519 AAAA keyturn:app\/deploy~[0-9a-f]{12}:SHA256:x$/,
  );
  expect(lineOf(arn('111122223333'), key, undefined)).toMatch(/^ssh-ed25519 /);
  expect(markOf(arn('111122223333'))).not.toBe(markOf(arn('444455556666')));
});
