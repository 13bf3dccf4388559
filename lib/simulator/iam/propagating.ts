/**
 * A value that takes effect some time after it was written, as IAM's do: "changes … take time to replicate".
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export class Propagating<T> {
  private changes: { value: T; effectiveAtMs: number }[];

  constructor(before: T) {
    this.changes = [{ value: before, effectiveAtMs: Number.NEGATIVE_INFINITY }];
  }

  set(value: T, nowMs: number, delayMs: number): void {
    const inForce = this.changes.findLastIndex((change) => change.effectiveAtMs <= nowMs);
    this.changes = [...this.changes.slice(Math.max(inForce, 0)), { value, effectiveAtMs: nowMs + delayMs }];
  }

  /** What was last written: what IAM's own API answers. */
  get latest(): T {
    return this.at(Number.POSITIVE_INFINITY);
  }

  /** What every other service goes by at that instant. */
  at(nowMs: number): T {
    const change = this.changes.findLast((candidate) => candidate.effectiveAtMs <= nowMs);
    if (change === undefined) throw new Error('A propagating value has no beginning');
    return change.value;
  }
}
