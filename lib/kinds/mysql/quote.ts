/**
 * An identifier, and a user's or a host's name: backquoted names mean the same under every sql_mode, where the quotes
 * of strings and their backslashes do not.
 */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A text to compare with, the same under every sql_mode and character set. */
export function bytes(text: string): string {
  return `X'${Buffer.from(text).toString('hex')}'`;
}

/** A string literal, in a session whose sql_mode has neither NO_BACKSLASH_ESCAPES nor ANSI_QUOTES (`prepareChanges`). */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** `user`@`host` */
export function accountName({ user, host }: { user: string; host: string }): string {
  return `${identifier(user)}@${identifier(host)}`;
}
