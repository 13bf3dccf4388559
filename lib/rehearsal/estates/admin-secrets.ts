import { randomBytes } from 'node:crypto';
import { secretNameOf } from '../../core/secret-arn.ts';

interface AdminSecret {
  value: Readonly<Record<string, string>>;
  /** What of the value must not be seen. */
  secret: string;
}

export interface AdminLogin {
  username: string;
  password: string;
}

/** Keyturn's own credentials at the targets, by the secrets that hold them: one secret may serve several targets. */
export interface AdminSecrets {
  /**
   * The login of an admin secret, named or by ARN; made when it is asked for first.
   * @param password where the target takes only some
   */
  login(nameOrArn: string, password?: () => string): AdminLogin;
  /** The same for an API's key. */
  key(nameOrArn: string): string;
  /** By the secret's name, as it stands there. */
  readonly all: ReadonlyMap<string, AdminSecret>;
}

export function createAdminSecrets(): AdminSecrets {
  const all = new Map<string, AdminSecret>();
  function get(
    nameOrArn: string,
    make: (secret: string) => Record<string, string>,
    newSecret = newPassword,
  ): AdminSecret {
    const name = secretNameOf(nameOrArn);
    const found = all.get(name);
    if (found !== undefined) return found;
    const secret = newSecret();
    const made = { value: make(secret), secret };
    all.set(name, made);
    return made;
  }
  return {
    all,
    login(name, newSecret) {
      // One name for each: some targets know all of them.
      const username = `keyturn${all.size + 1}`;
      const { value, secret } = get(name, (password) => ({ username, password }), newSecret);
      return { username: value['username'] ?? username, password: secret };
    },
    key: (name) => get(name, (value) => ({ value })).secret,
  };
}

/** 192 bits, with the marks that URLs, shells and JSON treat in their own ways. */
export function newPassword(): string {
  return `${randomBytes(24).toString('base64')}%&"@:`;
}
