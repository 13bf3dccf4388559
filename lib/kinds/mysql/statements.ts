import type { SecretValue } from '../../core/secret-value.ts';
import { type HashedPlugin, storedPassword } from './hash.ts';
import { accountName } from './quote.ts';

/** One statement; each commits by itself. */
export interface Change {
  statement: SecretValue;
  /** The statement without a password's hash, for errors. */
  label: string;
  /** What the admin must be granted for it, where CREATE USER is not enough. `{admin}` stands for its name. */
  needs?: string;
}

/** An account and the plugin that it logs in by. */
export interface Login {
  user: string;
  host: string;
  plugin: HashedPlugin;
}

/** `` `app`@`%` IDENTIFIED VIA plugin USING 'hash' ``, in MySQL's words `IDENTIFIED WITH plugin AS 'hash'`. */
export function identified({ mariadb }: { mariadb: boolean }, password: SecretValue): (account: Login) => SecretValue {
  const [by, as] = mariadb ? ['VIA', 'USING'] : ['WITH', 'AS'];
  return (account) =>
    storedPassword(account.plugin, password).map(
      (hash) => `${accountName(account)} IDENTIFIED ${by} ${account.plugin} ${as} '${hash}'`,
    );
}

/** One text, with commas between. There must be one at least. */
export function listed(texts: readonly SecretValue[]): SecretValue {
  return texts.reduce((sum, next) => sum.map((text) => next.parse((more) => `${text}, ${more}`)));
}
