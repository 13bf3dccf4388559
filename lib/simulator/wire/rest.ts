import type { Route } from '../types.ts';

type Members = Record<string, unknown>;

export interface RestParts {
  status: number;
  headers: Record<string, string>;
  /** Set when one member is the raw body. */
  payload: string | Uint8Array | undefined;
  /** What is left for the document body. */
  rest: Members;
}

/** Deals an output's members out to status, headers and body, as the route says. */
export function restParts({ response = {} }: Route, output: unknown): RestParts {
  const rest: Members = { ...(output as Members | undefined) };
  const take = (member: string): unknown => {
    const value = rest[member];
    delete rest[member];
    return value;
  };
  const statusValue = response.statusMember === undefined ? undefined : take(response.statusMember);
  const headers: Record<string, string> = {};
  for (const [name, member] of Object.entries(response.headers ?? {})) {
    const value = take(member);
    if (value === undefined) continue;
    if (name.endsWith('*')) {
      for (const [key, inner] of Object.entries(value as Record<string, string>))
        headers[name.slice(0, -1) + key] = inner;
    } else {
      headers[name] = value instanceof Date ? value.toUTCString() : String(value);
    }
  }
  const raw = response.payload === undefined ? undefined : (take(response.payload) ?? '');
  const payload = raw === undefined || typeof raw === 'string' || raw instanceof Uint8Array ? raw : String(raw);
  return { status: typeof statusValue === 'number' ? statusValue : (response.status ?? 200), headers, payload, rest };
}
