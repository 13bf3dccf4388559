import type { Clock } from '../clock.ts';
import type { SecretEntry } from '../entry.ts';
import { KeyturnError } from '../errors.ts';
import { secretNameOf } from '../secret-arn.ts';

/** What the operators get while a rollout waits for them. No values. */
export interface Reminder {
  schema: 1;
  secret: string;
  /** Of the credential that is to end. */
  identity: string;
  task: string;
  since: string;
  /** When the rollout stops waiting, and holds. */
  until: string;
}

/** Since when a human is asked, and when last. */
export interface Asked {
  sinceMs: number;
  remindedAtMs: number;
}

/** A rollout's history has room for 25,000 events, and one look takes 14 of them: a thousand looks leave room for the rest. */
const mostLooks = 1000;

/**
 * Tells the operators what only a human can do: at once, and again after each `reminderSeconds`. Told twice when the answer is lost.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 * @throws AwaitsHuman when `humanSeconds` are over
 */
export async function remind(
  { secretArn, identity, task, asked }: { secretArn: string; identity: string; task: string; asked: Asked | null },
  parts: {
    clock: Clock;
    entryOf(secretName: string): Promise<SecretEntry>;
    notify(subject: string, reminder: Reminder): Promise<void>;
  },
): Promise<{ asked: Asked; pollSeconds: number }> {
  const secret = secretNameOf(secretArn);
  const { humanSeconds, reminderSeconds, pollSeconds } = (await parts.entryOf(secret)).timings;
  const nowMs = parts.clock.nowMs();
  const sinceMs = asked?.sinceMs ?? nowMs;
  if (nowMs - sinceMs > humanSeconds * 1000) {
    throw new KeyturnError(
      'AwaitsHuman',
      `${secret}: nobody did it in time: ${task}; do it, then keyturn resume ${secret}`,
    );
  }
  const poll = Math.max(pollSeconds, Math.floor(humanSeconds / mostLooks));
  if (asked !== null && nowMs - asked.remindedAtMs < reminderSeconds * 1000) return { asked, pollSeconds: poll };
  const [since, until] = [sinceMs, sinceMs + humanSeconds * 1000].map((ms) => new Date(ms).toISOString());
  await parts.notify(`Keyturn: ${secret} waits for a human`, {
    schema: 1,
    secret,
    identity,
    task: `${task}; then it goes on by itself`,
    since: since ?? '',
    until: until ?? '',
  });
  return { asked: { sinceMs, remindedAtMs: nowMs }, pollSeconds: poll };
}
