/** A text as one word of a POSIX shell, whatever it holds. Pure. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** How a script of ours ends, beside 0. The codes of sysexits.h where there is one. */
export const exits = {
  noUser: 67,
  unfit: 69,
  late: 75,
  keepMissing: 76,
  busy: 73,
} as const;

/** Assignments, and what every script begins with. Values reach a script in no other way. Pure. */
export function prologue(values: Readonly<Record<string, string | number>>): string {
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quote(String(value))}`);
  return [
    'set -u',
    'export LC_ALL=C',
    ...assignments,
    // What a host says of itself goes into messages: one line.
    'fail() { echo "$1"; exit "$2"; }',
    // A command that Systems Manager delivers when nobody waits for it any more must not change anything.
    `[ "$(date +%s)" -le "$deadline" ] || fail "it is $(date -u +%Y-%m-%dT%H:%M:%SZ) there, too late for this command" ${exits.late}`,
  ].join('\n');
}
