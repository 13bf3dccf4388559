import type { SecretValue } from '../../../core/secret-value.ts';

/**
 * The text of an `auth_file`: `"user" "password, hash or verifier"`, one user per line, `;` before what does not count
 * (https://www.pgbouncer.org/config.html#authentication-file-format). Only the two logins' lines are ever touched.
 * A retired login's line stays behind this mark, so that the way back needs nothing else.
 */
const mark = '; retired by Keyturn: ';

/** The login has this verifier; its other lines, retired ones included, go. */
export function withLogin(list: SecretValue, user: string, verifier: SecretValue): SecretValue {
  return verifier.parse((secret) =>
    list.map((text) => {
      const others = linesOf(text).filter((line) => userOf(line) !== user && retiredUserOf(line) !== user);
      return textOf([...others, `${quoted(user)} ${quoted(secret)}`]);
    }),
  );
}

/** The login's lines do not count any more. */
export function withoutLogin(list: SecretValue, user: string): SecretValue {
  return list.map((text) => textOf(linesOf(text).map((line) => (userOf(line) === user ? `${mark}${line}` : line))));
}

/** What `withoutLogin` did is undone. */
export function withLoginAgain(list: SecretValue, user: string): SecretValue {
  return list.map((text) => {
    const lines = linesOf(text);
    // A line that counts is newer than one that was retired.
    if (lines.some((line) => userOf(line) === user)) return text;
    return textOf(lines.map((line) => (retiredUserOf(line) === user ? line.slice(mark.length) : line)));
  });
}

function userOf(line: string): string | undefined {
  return /^\s*"((?:[^"]|"")*)"\s/.exec(line)?.[1]?.replaceAll('""', '"');
}

function retiredUserOf(line: string): string | undefined {
  return line.startsWith(mark) ? userOf(line.slice(mark.length)) : undefined;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
