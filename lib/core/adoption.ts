import type { SecretValue } from './secret-value.ts';

/** How a kind would take over an existing secret. Nothing in it but `source` is secret. */
export interface Adoption {
  /** What the secret holds: `a PostgreSQL URL: user app at db.internal, database shop`. */
  what: string;
  /** The inventory's `target`. Where only a human knows, a name in angle brackets: `<the admin secret>`. */
  target: Readonly<Record<string, unknown>>;
  /** Given where the secret is of another form than its kind's: the secret becomes a view of a new one with this value. */
  source?: { value: SecretValue; name: string; view: string };
  /** What a human must look at or fill in. */
  notes: readonly string[];
  /** What the target needs before the first rotation: statements to run, an admin secret to make. */
  needs: readonly string[];
}
