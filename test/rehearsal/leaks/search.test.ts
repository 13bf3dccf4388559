import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { needlesOf } from '../../../lib/rehearsal/leaks/needles.ts';
import { findLeaks } from '../../../lib/rehearsal/leaks/search.ts';

const secret = 'kD9/x+Q&"v\\7:@%Zr#2mL=p!s<T>4u\'Yw';
const plain = 'q8WcZr3TnB5xVhJ7pLk2MsD9fGy4RtAe';

function found(text: string, ...secrets: string[]): string[] {
  const named = (secrets.length > 0 ? secrets : [secret, plain]).map((each) => ({ name: each, text: each }));
  return findLeaks(named, [{ name: 'a log', text }]).map(({ form }) => form);
}

const planted: [form: string, plant: (text: string) => string][] = [
  ['as it is', (text) => text],
  ['reversed', (text) => [...text].reverse().join('')],
  ['in hex', (text) => Buffer.from(text).toString('hex')],
  ['in hex, upper case', (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['in base64', (text) => Buffer.from(text).toString('base64')],
  ['in base64, one byte on', (text) => Buffer.from(`:${text}`).toString('base64')],
  ['in base64, two bytes on', (text) => Buffer.from(`u:${text}, and more`).toString('base64')],
  ['in base64url', (text) => Buffer.from(`app:${text}`).toString('base64url')],
  ['in a URL', (text) => `postgresql://app:${encodeURIComponent(text)}@db:5432/shop`],
  ['in a URL, lower case', (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase())],
  ['in a form', (text) => new URLSearchParams({ password: text }).toString()],
  ['in JSON', (text) => JSON.stringify({ password: text })],
  ['in JSON in JSON', (text) => JSON.stringify({ input: JSON.stringify({ password: text }) })],
  ['in JSON in JSON in JSON', (text) => JSON.stringify(JSON.stringify(JSON.stringify({ password: text })))],
  [
    'in XML',
    (text) =>
      text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&apos;'),
  ],
];

describe.each([
  ['with marks', secret],
  ['of letters and digits', plain],
])('a secret %s', (_, text) => {
  it.each(planted)('is found %s', (_, plant) => {
    expect(found(`before ${plant(text)} after`)).not.toEqual([]);
  });

  it.each(planted)('is found by a part of 12 characters %s', (_, plant) => {
    for (let from = 0; from + 12 <= text.length; from += 1) {
      expect(found(`before ${plant(text.slice(from, from + 12))} after`)).not.toEqual([]);
    }
  });

  it.each(planted)('is not found by a part of 8 characters %s', (_, plant) => {
    expect(found(`before ${plant(text.slice(3, 11))} after`)).toEqual([]);
  });
});

describe('a search', () => {
  it('says where, which and in which form, and never the secret', () => {
    const [leak, ...others] = findLeaks(
      [{ name: 'password of db/app', text: plain }],
      [
        { name: 'events', text: 'nothing' },
        { name: 'function logs', text: `one\ntwo ${plain}\n` },
      ],
    );
    expect(leak).toEqual({ channel: 'function logs', secret: 'password of db/app', form: 'raw', offset: 8 });
    expect(others).toEqual([]);
  });

  it('counts each place once', () => {
    expect(found(`${plain} and ${plain}`)).toEqual(['raw', 'raw']);
  });

  it('finds a secret that is shorter than a part', () => {
    expect(found('the PIN is 49-1b.', '49-1b')).toEqual(['raw']);
  });

  it('finds nothing in what is merely random', () => {
    const noise = ['hex', 'base64'] as const;
    expect(noise.flatMap((encoding) => found(randomBytes(300_000).toString(encoding)))).toEqual([]);
  });

  it('looks for nothing where there is no secret', () => {
    expect(found('anything', '')).toEqual([]);
  });

  it('cuts no character in two', () => {
    expect(needlesOf({ name: 'key', text: '🗝️🗝️🗝️🗝️🗝️🗝️🗝️🗝️🗝️🗝️' }).map(({ form }) => form)).toContain('URL-encoded');
  });

  it('reads 10 MB within seconds', () => {
    const startedAtMs = Date.now();
    found(
      randomBytes(7_500_000).toString('base64'),
      ...Array.from({ length: 10 }, () => randomBytes(24).toString('base64')),
    );
    expect(Date.now() - startedAtMs).toBeLessThan(10_000);
  });
});
