/**
 * Says whether an invocation is to be killed, by its event: `true` at once after the process has been given it, a number
 * that many milliseconds later.
 */
export type KillWhen = (event: unknown) => boolean | number;

/** SIGKILL during an invocation, once for each time that it was asked for. */
export class Faults {
  private readonly armed = new Map<string, KillWhen[]>();

  arm(functionName: string, when: KillWhen): void {
    this.armed.set(functionName, [...(this.armed.get(functionName) ?? []), when]);
  }

  /** How long after delivery to kill; undefined to let it live. What answers is used up. */
  take(functionName: string, payload: string): number | undefined {
    const armed = this.armed.get(functionName) ?? [];
    for (const [index, when] of armed.entries()) {
      const answer = when(JSON.parse(payload));
      if (answer === false) continue;
      armed.splice(index, 1);
      return answer === true ? 0 : answer;
    }
    return undefined;
  }
}
