/** The inventory cannot be rehearsed; the message says why, to whoever edits it. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
