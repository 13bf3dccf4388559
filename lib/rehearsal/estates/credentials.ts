import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Verdict } from '../stand-ins/stand-in.ts';
import type { Estate } from './estate.ts';

/** A version of a secret that rotates, and what it says. */
export interface Version {
  versionId: string;
  value: string;
}

/** The current version of each of these secrets, by name. */
export function currentVersions({ world }: Pick<Estate, 'world'>, secrets: readonly string[]): Record<string, Version> {
  const manager = world.service<SecretsManager>('secretsmanager');
  return Object.fromEntries(
    secrets.map((secret) => [secret, { versionId: holderOf(manager, secret), value: manager.value(secret) }]),
  );
}

export function holderOf(manager: SecretsManager, secret: string, label = 'AWSCURRENT'): string {
  const labels = Object.entries(manager.labels(secret));
  return labels.find(([, held]) => held.includes(label))?.[0] ?? '';
}

/** What a version says; undefined when there is none, or it never got a value: a rotation that failed may have made one. */
export function valueIn(manager: SecretsManager, secret: string, versionId: string | undefined): string | undefined {
  const found = manager.secrets().find(({ name }) => name === secret);
  const data = found?.versions.get(versionId ?? '')?.data;
  return data && 'SecretString' in data ? data.SecretString : undefined;
}

/** Asks the secret's target. */
export async function ask({ inventory, targetsOf }: Estate, name: string, value: string): Promise<Verdict> {
  const declaration = inventory.secrets[name];
  if (declaration === undefined) throw new Error(`the estate has no secret ${name}`);
  return await targetsOf(declaration.kind).ask({ name, declaration }, value);
}
