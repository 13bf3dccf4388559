import { randomBytes } from 'node:crypto';
import { secretNameOf } from '../../core/secret-arn.ts';

interface AdminSecret {
  /** What stands in Secrets Manager. */
  text: string;
  /** What of it must not be seen. */
  secret: string;
}

export interface AdminLogin {
  username: string;
  password: string;
}

/** Keyturn's own credentials at the targets, by the secrets that hold them, named or by ARN: one may serve several targets. */
export interface AdminSecrets {
  /** A login, made when it is asked for first. @param password where the target takes only some */
  login(nameOrArn: string, password?: () => string): AdminLogin;
  /** The same for an API's key. */
  key(nameOrArn: string): string;
  /** What somebody else has made. */
  give(nameOrArn: string, text: string, secret: string): void;
  /** By the secret's name. */
  readonly all: ReadonlyMap<string, AdminSecret>;
}

export function createAdminSecrets(): AdminSecrets {
  const all = new Map<string, AdminSecret>();
  const logins = new Map<string, AdminLogin>();
  return {
    all,
    login(nameOrArn, newSecret = newPassword) {
      const name = secretNameOf(nameOrArn);
      // One user name for each: some targets know all of them.
      const login = logins.get(name) ?? { username: `keyturn${logins.size + 1}`, password: newSecret() };
      logins.set(name, login);
      all.set(name, { text: JSON.stringify(login), secret: login.password });
      return login;
    },
    key(nameOrArn) {
      const name = secretNameOf(nameOrArn);
      const value = all.get(name)?.secret ?? newPassword();
      all.set(name, { text: JSON.stringify({ value }), secret: value });
      return value;
    },
    give(nameOrArn, text, secret) {
      all.set(secretNameOf(nameOrArn), { text, secret });
    },
  };
}

/** 192 bits, with the marks that URLs, shells and JSON treat in their own ways. */
export function newPassword(): string {
  return `${randomBytes(24).toString('base64')}%&"@:`;
}
