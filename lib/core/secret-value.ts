const REDACTED = '[redacted]';

/**
 * A secret text that cannot be printed by accident: strings, JSON, templates and `inspect` show `[redacted]`.
 * What is derived from one stays wrapped (`map`). Only the store and a kind's `client.ts` call `reveal`.
 */
export class SecretValue {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(text: string): SecretValue {
    return new SecretValue(text);
  }

  /** The text itself, for the store and for the wire to the target. Never for a log, an error or a return value. */
  reveal(): string {
    return this.#text;
  }

  /** A text derived from this one, still wrapped. */
  map(derive: (text: string) => string): SecretValue {
    return new SecretValue(derive(this.#text));
  }

  /** Hands the text to a parser (a kind's `schema.ts`), which must wrap again whatever is secret in its result. */
  parse<T>(parser: (text: string) => T): T {
    return parser(this.#text);
  }

  /** Whether both hold the same text. */
  equals(other: SecretValue): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
