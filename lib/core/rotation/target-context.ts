import type { Clock } from '../clock.ts';
import type { SecretEntry } from '../entry.ts';
import { KeyturnError } from '../errors.ts';
import type { Kind, KindContext } from '../kind.ts';
import type { SecretStore } from '../ports.ts';
import type { SecretValue } from '../secret-value.ts';
import { furtherSecretAccess } from './further-secrets.ts';

/** A kind's context for one invocation: the inventory's target, and the admin secret that the inventory names. */
export function contextOf(
  parts: { kind: Kind; store: SecretStore; clock: Clock; signal: AbortSignal },
  entry: SecretEntry,
  secretArn: string,
): KindContext<unknown> {
  const { kind, store, clock, signal } = parts;
  const target = kind.facts.parseTarget(entry.target);
  let admin: Promise<SecretValue> | undefined;
  const further = kind.facts.furtherSecretsOf?.(target);
  return {
    target,
    secretArn,
    clock,
    signal,
    admin() {
      const adminSecret = kind.facts.adminSecretOf(target);
      if (adminSecret === undefined) throw new KeyturnError('InvalidInput', `${kind.facts.id} has no admin secret`);
      admin ??= store.read(adminSecret, {});
      return admin;
    },
    ...(further && { further: furtherSecretAccess(further, store) }),
  };
}
