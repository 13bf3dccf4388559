import type { SecretValue } from '../../core/secret-value.ts';

/** One key of the set. */
export interface Key {
  /** Its non-secret name. */
  kid: string;
  /** The private JWK as JSON, or an API key itself. */
  secret: SecretValue;
}

/** Who holds which part. Everybody accepts all of them; `current` alone signs, or is presented. */
export interface Keys {
  /** Was current before: what it made may still be in use. */
  previous?: Key | undefined;
  current: Key;
  /** Will be current: accepted everywhere before anybody uses it. */
  next?: Key | undefined;
}

/** What a version's value says. */
export interface KeySet extends Keys {
  /** When the version was made; undefined in a value that people wrote. */
  createdAtMs: number | undefined;
  /** The value's fields that are not Keyturn's; a new version keeps them. */
  others: SecretValue;
}

/** In the order in which a verifier without a key id to go by had best try them. */
export function inOrder({ current, previous, next }: Keys): Key[] {
  return [current, previous, next].filter((key) => key !== undefined);
}

/**
 * The set after this one. Each key is `next` before it is `current` before it is `previous`, so that nobody is ever shown a key
 * that he does not know. A set without `next` (one that was adopted) gets one and stays as it is otherwise: nobody knows a key
 * that it could turn to. In an emergency the current key and the one before it go at once, and `next` takes over.
 */
export function successorOf(current: Keys | undefined, newKey: () => Key, emergency = false): Keys {
  if (current === undefined) return { current: newKey(), next: newKey() };
  if (emergency) return { current: current.next ?? newKey(), next: newKey() };
  if (current.next === undefined) return { previous: current.previous, current: current.current, next: newKey() };
  return { previous: current.current, current: current.next, next: newKey() };
}

/** The keys that end when `retire` goes and `keep` stays. */
export function leaving({ retire, keep }: { retire: Keys; keep: Keys }): Key[] {
  const stay = new Set(inOrder(keep).map(({ kid }) => kid));
  return inOrder(retire).filter(({ kid }) => !stay.has(kid));
}

/** Each version brings a key, so no two have both the same one in use and the same one to come. */
export function identityOf({ current, next }: Keys): string {
  return next === undefined ? current.kid : `${current.kid}+${next.kid}`;
}

/** Whether the set's successor ends a key that was in use, and not merely one that was to come. */
export function endsOne({ previous, next }: Keys): boolean {
  return previous !== undefined && next !== undefined;
}
