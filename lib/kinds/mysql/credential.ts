import type { SecretValue } from '../../core/secret-value.ts';
import { type Credential as DatabaseCredential, databaseSecrets } from '../shared/database-user/credential.ts';
import type { Endpoint } from '../shared/database-user/target.ts';
import { passwordIdentity } from '../shared/password-identity.ts';
import type { Target } from './schema.ts';

/** What a version's value says. */
export interface Credential extends DatabaseCredential {
  /** Where it is one of two passwords of one user; undefined where the user alone names it. */
  dualAt: Endpoint | undefined;
}

const secrets = databaseSecrets<Target>({
  product: 'MySQL',
  engines: ['mysql', 'mariadb', 'aurora-mysql', 'aurora'],
  engineOf: ({ engine }) => engine,
  takesTurns: ({ overlap }) => overlap === 'alternating-users',
});

export const { initialDocument, parseAdmin, proposeValue } = secrets;

/** Undefined when the value has no password yet. @throws SecretMalformed, TargetMismatch */
export function parseCredential(value: SecretValue, target: Target): Credential | undefined {
  const credential = secrets.parseCredential(value, target);
  const { host, port, overlap } = target;
  return credential && { ...credential, dualAt: overlap === 'dual-passwords' ? { host, port } : undefined };
}

/** The user's name, or that of one of its two passwords. */
export function identityOf({ username: user, password, dualAt }: Credential): string {
  return dualAt === undefined ? user : passwordIdentity({ realm: 'mysql', user, ...dualAt }, password);
}
