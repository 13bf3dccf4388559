import { KeyturnError } from '../errors.ts';
import type { KindContext } from '../kind.ts';
import { labels } from '../labels.ts';
import { secretNameOf } from '../secret-arn.ts';
import type { SecretValue } from '../secret-value.ts';
import type { RotationEvent } from './event.ts';
import type { RotationParts } from './parts.ts';
import { briefMs, readPending } from './read-pending.ts';
import { contextOf } from './target-context.ts';

/**
 * Logs in with the pending credential. Read-only.
 *
 * With RotateImmediately=false Secrets Manager runs this step alone, on a throw-away version that cannot be read: then
 * current and the configuration are tested. A real rotation never gets there by way of an unreadable version, because
 * its setSecret has just read the same version and logged in with it.
 */
export async function testSecret(event: RotationEvent, parts: RotationParts): Promise<void> {
  const context = contextOf(parts, await parts.entryOf(secretNameOf(event.SecretId)), event.SecretId);
  const value = await readPendingOrNothing(event, parts);
  if (value === undefined) return testConfiguration(event, parts, context);
  const pending = parts.kind.parse(value, context.target);
  // Some throw-away versions are copies of current: no credential yet there is no mistake.
  if (pending === undefined) return testConfiguration(event, parts, context);
  if (await nobodyHasOneYet(event, parts, context)) return;
  await parts.kind.verify(context, pending);
}

/** Consumers that accept by what they read accept a first credential only once they have it, which is after the promotion. */
async function nobodyHasOneYet(
  event: RotationEvent,
  { kind, store }: RotationParts,
  { target }: KindContext<unknown>,
): Promise<boolean> {
  if (kind.facts.acceptedBy !== 'consumers') return false;
  return kind.parse(await store.read(event.SecretId, { label: labels.current }), target) === undefined;
}

async function readPendingOrNothing(event: RotationEvent, parts: RotationParts): Promise<SecretValue | undefined> {
  try {
    return await readPending(event, parts, briefMs);
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'VersionNotReadable') return undefined;
    throw error;
  }
}

async function testConfiguration(
  event: RotationEvent,
  { kind, store }: RotationParts,
  context: KindContext<unknown>,
): Promise<void> {
  const current = kind.parse(await store.read(event.SecretId, { label: labels.current }), context.target);
  if (current !== undefined) await kind.verify(context, current);
  if (kind.facts.adminSecretOf(context.target) !== undefined) await context.admin();
  for (const secret of kind.facts.furtherSecretsOf?.(context.target).read ?? []) await context.further?.read(secret);
}
