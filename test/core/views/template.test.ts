import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { fieldsOf, render } from '../../../lib/core/views/template.ts';

const source = (fields: object) => SecretValue.of(JSON.stringify(fields));
const rendered = (template: string, fields: object) => render(template, source(fields)).reveal();

describe('a view', () => {
  it.each([
    ['{username}', 'a'],
    [
      'postgresql://{username:url}:{password:url}@{host}:{port}/db?sslmode=require',
      'postgresql://a:p%40%2F%25%3F%23%27@h:5432/db?sslmode=require',
    ],
    ['{"user":"{username:json}","password":"{password:json}"}', '{"user":"a","password":"p@/%?#\'"}'],
    ['{odd:url}', '%21%27%28%29%2A'],
    ['{password:base64}', Buffer.from("p@/%?#'").toString('base64')],
    ['no fields {} { } {{x}', 'no fields {} { } {{x}'.replace('{x}', 'X')],
  ])('renders %s', (template, expected) => {
    expect(
      rendered(template, { username: 'a', password: "p@/%?#'", host: 'h', port: 5432, x: 'X', odd: "!'()*" }),
    ).toBe(expected);
  });

  it('stays wrapped', () => {
    expect(String(render('{password}', source({ password: 'p' })))).toBe('[redacted]');
  });

  it('names its fields once each', () => {
    expect(fieldsOf('{a}{b:url}{a:json} {not this} {1}')).toEqual(['a', 'b']);
  });

  it.each(['[]', '"text"', 'null', 'not JSON with a canary', '{"username":{}}'])(
    'refuses the source %s without quoting it',
    (text) => {
      const failing = () => render('{username}', SecretValue.of(text));
      expect(failing).toThrow(expect.objectContaining({ code: 'SecretMalformed' }));
      expect(failing).not.toThrow(/canary/);
    },
  );

  it('gives a URL whose parts decode to the fields, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.string({ minLength: 1, unit: 'grapheme' }),
        (username, password) => {
          const url = new URL(rendered('db://{username:url}:{password:url}@h:1/d', { username, password }));
          expect([decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual([username, password]);
        },
      ),
    );
  });

  it('gives JSON whose strings are the fields, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (password) => {
        expect(JSON.parse(rendered('{"p":"{password:json}"}', { password }))).toEqual({ p: password });
      }),
    );
  });
});
