import { expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { withLogin, withLoginAgain, withoutLogin } from '../../../lib/kinds/postgres/poolers/userlist.ts';

const verifier = SecretValue.of('SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy');
const line = (user: string) => `"${user}" "${verifier.reveal()}"`;

const texts = (...lines: string[]) => SecretValue.of(lines.map((one) => `${one}\n`).join(''));
const linesOf = (list: SecretValue) => list.reveal().split('\n').slice(0, -1);

it('a login gets one line, and takes the place of all that it had', () => {
  const before = texts('"console" "pw"', '"app" "plain"', '; retired by Keyturn: "app" "older"', '"app_clone" "x"');
  expect(linesOf(withLogin(before, 'app', verifier))).toEqual(['"console" "pw"', '"app_clone" "x"', line('app')]);
});

it('a retired login stays as a comment, and comes back as it was', () => {
  const before = texts('"console" "pw"', '  "app" "plain" rest of the line', '"app_clone" "x"');
  const without = withoutLogin(before, 'app');
  expect(linesOf(without)).toEqual([
    '"console" "pw"',
    '; retired by Keyturn:   "app" "plain" rest of the line',
    '"app_clone" "x"',
  ]);
  expect(withLoginAgain(without, 'app').equals(before)).toBe(true);
});

it.each([
  { what: 'retiring twice', act: (list: SecretValue) => withoutLogin(withoutLogin(list, 'app'), 'app') },
  { what: 'retiring once', act: (list: SecretValue) => withoutLogin(list, 'app') },
])('$what is the same', ({ act }) => {
  expect(linesOf(act(texts('"app" "x"')))).toEqual(['; retired by Keyturn: "app" "x"']);
});

it('a login that has a line does not get an older one back', () => {
  const both = texts('; retired by Keyturn: "app" "older"', '"app" "newer"');
  expect(withLoginAgain(both, 'app').equals(both)).toBe(true);
});

it.each(['"application" "x"', '; "app" "x"', '"other" "app"', ';; a remark about "app"', '"App" "x"'])(
  '%s is nobody of ours and stays',
  (other) => {
    const list = texts(other);
    expect(withoutLogin(list, 'app').equals(list)).toBe(true);
    expect(linesOf(withLogin(list, 'app', verifier))).toEqual([other, line('app')]);
  },
);

it('names are written as PgBouncer reads them', () => {
  const list = withLogin(texts(), 'a "b" c', verifier);
  expect(linesOf(list)).toEqual([line('a ""b"" c')]);
  expect(linesOf(withoutLogin(list, 'a "b" c'))).toEqual([`; retired by Keyturn: ${line('a ""b"" c')}`]);
});

it('an empty secret and one without a last line break are texts like any other', () => {
  expect(linesOf(withLogin(SecretValue.of(''), 'app', verifier))).toEqual([line('app')]);
  expect(linesOf(withLogin(SecretValue.of('"console" "pw"'), 'app', verifier))).toEqual([
    '"console" "pw"',
    line('app'),
  ]);
});
