import { lookup } from 'node:dns';
import { describe, expect, it, vi } from 'vitest';
import { allowUrl } from '../../lib/net/host-rules.ts';
import { httpRequest } from '../../lib/net/http-client.ts';

vi.mock('node:dns', { spy: true });

describe('a URL that may be asked', () => {
  it.each(['https://example.com/a?b=c', 'https://10.1.2.3/', 'https://[fd12::1]/'])('%s', (url) => {
    expect(allowUrl(url, false).href).toBe(url);
  });

  it('may be http where plaintext is wanted', () => {
    expect(allowUrl('http://127.0.0.1:8080/', true).port).toBe('8080');
  });
});

describe('a URL that may not be asked', () => {
  it.each([
    ['is no URL', 'keyturn', 'not a URL'],
    ['carries a password', 'https://u:p@example.com/', 'carries a user name or password'],
    ['is http without the opt-out', 'http://localhost/', 'is not encrypted'],
    ['is of another scheme', 'file:///etc/passwd', 'is not encrypted'],
    ['is the metadata service', 'https://169.254.169.254/latest/meta-data', 'link-local or metadata'],
    ['is the metadata service in decimal', 'https://2852039166/', 'link-local or metadata'],
    ['is the metadata service over IPv6', 'https://[fd00:ec2::254]/', 'link-local or metadata'],
    ['is the metadata service, mapped into IPv6', 'https://[::ffff:169.254.169.254]/', 'link-local or metadata'],
    ['is link-local', 'https://[fe80::1]/', 'link-local or metadata'],
  ])('%s', (_, url, reason) => {
    expect(() => allowUrl(url, false)).toThrow(
      expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(reason) }),
    );
  });

  it('does not show the password that it carries', () => {
    expect(() => allowUrl('https://user:hunter2@example.com/', false)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

it.each([
  [
    'with all its addresses',
    [
      { address: '10.0.0.1', family: 4 },
      { address: '169.254.170.2', family: 4 },
    ],
  ],
  ['with the only one', [{ address: 'fd00:ec2::254', family: 6 }]],
])('a name that resolves to a metadata address is not connected to, %s', async (_, addresses) => {
  vi.mocked(lookup).mockImplementation(((
    _host: string,
    _options: unknown,
    callback: (error: null, found: unknown) => void,
  ) => callback(null, addresses)) as unknown as typeof lookup);
  const request = { plaintext: true, timeoutMs: 1000, maximumBodyBytes: 0, signal: new AbortController().signal };
  await expect(httpRequest({ url: 'http://innocent.example/', ...request })).rejects.toMatchObject({
    code: 'InvalidInput',
    message: expect.stringContaining('innocent.example is'),
  });
});
