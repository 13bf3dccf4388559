import type { ExistingSecret } from '../../aws/existing-secret.ts';
import type { Adoption } from '../../core/adoption.ts';
import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { viewTag } from '../../core/views/view-tag.ts';
import { factsOf, kindIds } from '../../kinds/registry.ts';
import type { Plain } from './typescript.ts';

/** What `--apply` does. */
export type Change =
  | {
      action: 'create-secret';
      secret: string;
      value: SecretValue;
      kmsKeyId: string | undefined;
      /** What the adopted secret becomes of it. */
      view: { secret: string; template: string };
    }
  | { action: 'tag'; secret: string; key: string; value: string };

/** How a secret is taken over: nothing in it but a change's value is secret. */
export interface AdoptionPlan {
  what: string;
  kind: string;
  /** The secret that rotates; another than the adopted one where that becomes its view. */
  source: string;
  /** The inventory's entry of the source. */
  entry: { readonly [key: string]: Plain };
  notes: readonly string[];
  needs: readonly string[];
  changes: readonly Change[];
}

export interface Wishes {
  /** Fields of the target that only the engineer knows. */
  known: Readonly<Record<string, string>>;
  policy: string;
  /** The source secret's name, where one is made. */
  as: string | undefined;
}

/** Pure. @throws InvalidInput when no kind knows the secret, or another service rotates it */
export function planAdoption(secret: ExistingSecret, value: SecretValue, wishes: Wishes): AdoptionPlan {
  refuseManaged(secret);
  const { kind, adoption } = recognized(secret, value, wishes.known);
  const { source, what, needs } = adoption;
  const named = source === undefined ? secret.name : (wishes.as ?? besideOf(secret.name, source.name));
  const entry = {
    kind,
    policy: wishes.policy,
    target: { ...(adoption.target as Record<string, Plain>), ...wishes.known },
    ...(source !== undefined && { views: { [secret.name]: source.view } }),
    waves: [['<the service that reads it>']],
  };
  return {
    what,
    kind,
    source: named,
    entry,
    needs,
    notes: notesOf(secret, adoption, wishes),
    changes: changesOf(secret, adoption, named),
  };
}

function refuseManaged({ name, owningService }: ExistingSecret): void {
  if (owningService === undefined) return;
  throw new KeyturnError(
    'InvalidInput',
    `${name} belongs to the AWS service ${owningService}, which rotates it and lets nobody else: it cannot be adopted. An RDS instance gets a password of its own by modify-db-instance --no-manage-master-user-password; better, make a user for the application and adopt that one’s secret`,
  );
}

function recognized({ name }: ExistingSecret, value: SecretValue, known: Wishes['known']) {
  for (const kind of kindIds) {
    const adoption = factsOf(kind).adopt?.(value, known);
    if (adoption !== undefined) return { kind, adoption };
  }
  throw new KeyturnError(
    'InvalidInput',
    `${name} holds ${shapeOf(value)}, and no kind knows that by itself; write its entry by hand: lib/kinds/*/README.md`,
  );
}

/** What can be said of a value that nobody recognized. */
function shapeOf(value: SecretValue): string {
  return value.parse((text) => {
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return 'a JSON object';
    } catch {
      // A plain text.
    }
    return 'a plain text';
  });
}

function besideOf(name: string, sourceName: string): string {
  return `${name.replace(/[^/]*$/, '')}${sourceName.replace(/[^\w/+=.@-]/g, '-')}`;
}

function notesOf(
  { name, rotationLambdaArn }: ExistingSecret,
  { notes, source }: Adoption,
  { known }: Wishes,
): string[] {
  // A note on a field of the target begins with its name.
  const open = notes.filter((note) => !Object.keys(known).some((field) => note.startsWith(`${field}:`)));
  if (rotationLambdaArn === undefined || /:function:keyturn-rotate-/.test(rotationLambdaArn)) return open;
  const remedy =
    source === undefined
      ? 'deploying puts Keyturn’s function in its place; AWS’s own templates never ended the login before, so see that nothing uses it'
      : `switch that off first (aws secretsmanager cancel-rotate-secret --secret-id ${name}): a view has one writer`;
  return [...open, `${rotationLambdaArn} rotates it now: ${remedy}`];
}

function changesOf(secret: ExistingSecret, { source }: Adoption, named: string): Change[] {
  if (source === undefined) return [];
  const { kmsKeyId } = secret;
  const make: Change = {
    action: 'create-secret',
    secret: named,
    value: source.value,
    kmsKeyId,
    view: { secret: secret.name, template: source.view },
  };
  if (secret.tags[viewTag.key] === viewTag.value) return [make];
  return [make, { action: 'tag', secret: secret.name, ...viewTag }];
}
