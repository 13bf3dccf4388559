import type { SecretsManager } from '../../../simulator/services/secrets-manager/secrets-manager.ts';
import { type Key, type Login, logIn, signIn, type Verdict } from './client.ts';
import type { Buywhere } from './index.ts';

/** A version of a secret that rotates, and what it says. */
export interface Version {
  versionId: string;
  value: string;
}

/** The current version of each of these secrets, by name. */
export function currentVersions({ world }: Buywhere, secrets: readonly string[]): Record<string, Version> {
  const manager = world.service<SecretsManager>('secretsmanager');
  return Object.fromEntries(
    secrets.map((secret) => [secret, { versionId: holderOf(manager, secret), value: manager.value(secret) }]),
  );
}

export function holderOf(manager: SecretsManager, secret: string, label = 'AWSCURRENT'): string {
  const labels = Object.entries(manager.labels(secret));
  return labels.find(([, held]) => held.includes(label))?.[0] ?? '';
}

/** Asks the target of one of the estate's two secrets. */
export function ask(estate: Buywhere, secret: string, value: string): Promise<Verdict> {
  const { world, declared, database } = estate;
  if (secret === declared.accessKey.secret) return signIn(world, JSON.parse(value) as Key);
  return logIn(database, declared.database.target.database, JSON.parse(value) as Login);
}
