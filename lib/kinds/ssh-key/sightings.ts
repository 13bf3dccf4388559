import type { LastUse } from '../../core/kind.ts';

/** What a host told of a key's use. */
export interface Sighting {
  /** Its clock. */
  nowMs: number;
  source: string;
  /** Whether something listens at sshd's port. */
  listens: boolean;
  /** The log reaches back to here; undefined: nothing is known of it. */
  firstMs: number | undefined;
  /** Whether the log shows any login of the user by a key. */
  seen: boolean;
  /** When the key was used, at the latest that it may have been, and from where. */
  uses: { atMs: number | undefined; from: string }[];
  /** Where open sessions of the key come from. */
  sessions: string[];
  /** Open sessions that may be the user's, and of which the log does not tell who opened them. */
  untold: number;
}

/** Parses what `lookScript` prints. Pure. */
export function parseSighting(output: string, user: string, fingerprint: string): Sighting {
  const rows = output.split('\n').map((line) => line.split('|'));
  const of = (word: string) => rows.filter(([first]) => first === word);
  const times = new Map(of('time').map(([, stamp = '', seconds]) => [squeezed(stamp), Number(seconds)]));
  const nowMs = Number(of('now')[0]?.[1]) * 1000;
  const atMs = (stamp: string) => instantOf(stamp, times, nowMs);
  const live = new Map(of('live').map(([, pid = '', who = '']) => [pid, who.split(' ')]));
  const connections = Map.groupBy(of('held'), ([, inode]) => inode);
  const untold = [...connections.values()].filter(
    (processes) =>
      !processes.some(([, , pid = '']) => live.has(pid)) && processes.some(([, , , title = '']) => mayBe(title, user)),
  );
  const first = of('first')[0]?.[1];
  return {
    nowMs,
    source: of('source')[0]?.[1] ?? 'none',
    listens: of('listens').length > 0,
    firstMs: first === undefined ? undefined : atMs(first),
    seen: of('seen').length > 0,
    uses: of('use').map(([, stamp = '', from = '']) => ({ atMs: atMs(stamp), from })),
    sessions: [...live.values()]
      .filter(([who, key]) => who === user && key === fingerprint)
      .map(([, , from = '']) => from),
    untold: untold.length,
  };
}

/** sshd writes whose session it is: `sshd: deploy [priv]`, `sshd-session: deploy@pts/0`. Another name is another user's. */
function mayBe(title: string, user: string): boolean {
  const whose = /^sshd(?:-session)?: ([^\s@]+)/.exec(title)?.[1];
  return whose === undefined || whose === user;
}

const CLASSIC = /^[A-Z][a-z]{2} +\d+ [\d:]+/;

/** Epoch seconds, ISO 8601, or a classic time whose meaning the host has told: then its last millisecond. */
function instantOf(text: string, times: ReadonlyMap<string, number>, nowMs: number): number | undefined {
  const classic = CLASSIC.exec(text)?.[0];
  if (classic !== undefined) {
    const seconds = times.get(squeezed(classic));
    if (seconds === undefined || !Number.isFinite(seconds)) return undefined;
    // Without a year it is taken for this year's; December, read in January, is last year's.
    const ahead = seconds * 1000 > nowMs + 86_400_000;
    return (seconds - (ahead ? 365 * 86_400 : 0)) * 1000 + 999;
  }
  const [stamp = ''] = text.split(' ');
  const ms = /^\d+(\.\d+)?$/.test(stamp) ? Number(stamp) * 1000 : Date.parse(stamp);
  return Number.isFinite(ms) ? Math.ceil(ms) : undefined;
}

function squeezed(text: string): string {
  return text.replaceAll(/ +/g, ' ').trim();
}

/** Clocks may differ by so much before times are not compared. The rollout itself allows 10 s. */
const clockMs = 5_000;

/** What that says of the time since an instant. What the host cannot tell is unknown. Pure. */
export function judge(
  sighting: Sighting,
  {
    host,
    sinceMs,
    askedAtMs,
    answeredAtMs,
  }: { host: string; sinceMs: number; askedAtMs: number; answeredAtMs: number },
): LastUse {
  const { nowMs, source, listens, firstMs, seen, uses, sessions, untold } = sighting;
  const unknown = (what: string): LastUse => ({ state: 'unknown', detail: `${host}: ${what}` });
  if (sessions.length > 0) {
    return {
      state: 'used',
      detail: `${host} has ${sessions.length} open sessions of the key, from ${several(sessions)}`,
    };
  }
  const since = uses.filter(({ atMs }) => atMs === undefined || atMs > sinceMs);
  if (since.length > 0) {
    const last = Math.max(...since.map(({ atMs }) => atMs ?? nowMs));
    return {
      state: 'used',
      detail: `the key logged in at ${host}, last at ${new Date(last).toISOString()}, from ${several(since.map(({ from }) => from))}`,
    };
  }
  if (!listens) return unknown('nothing listens at sshd’s port there, so its sessions cannot be told');
  if (untold > 0) return unknown(`${untold} open sessions whose key the log does not tell`);
  if (source === 'none') return unknown('it has no log of sshd that can be read');
  if (!(nowMs >= askedAtMs - clockMs && nowMs <= answeredAtMs + clockMs))
    return unknown(`its clock says ${Number.isFinite(nowMs) ? new Date(nowMs).toISOString() : 'nothing'}: set it`);
  if (firstMs === undefined || firstMs > sinceMs) return unknown('its log does not reach back to the promotion');
  if (!seen)
    return unknown(
      'its log shows no login by a key at all, not even Keyturn’s own: sshd’s LogLevel must be INFO or more',
    );
  return { state: 'unused' };
}

/** At most this many addresses are named. */
const named = 5;

function several(addresses: readonly string[]): string {
  const all = [...new Set(addresses)];
  return `${all.slice(0, named).join(', ')}${all.length > named ? ` and ${all.length - named} more` : ''}`;
}
