import { AwsError, type Route } from '../types.ts';
import type { WireRequest } from './request.ts';

interface Match {
  route: Route;
  labels: Record<string, string>;
}

/** What SDKs add to the query of S3's requests for their own statistics. */
const IGNORED_QUERY = new Set(['x-id']);

/**
 * The route of a request and what its path and query say. Literal segments win over labels, a required query over none;
 * a query parameter that a route does not declare rules it out, so that an operation that nobody built is not taken for another.
 * @throws AwsError UnknownOperationException (404)
 */
export function route(
  routes: readonly Route[],
  request: WireRequest,
): { route: Route; input: Record<string, unknown> } {
  const [best] = routes
    .flatMap((candidate) => matchRoute(candidate, request) ?? [])
    .sort((left, right) => specificity(right.route) - specificity(left.route));
  if (!best) {
    const asked = `${request.method} ${request.rawPath}?${request.query}`;
    throw new AwsError('UnknownOperationException', `The simulator has no operation at ${asked}`, 404);
  }
  const input: Record<string, unknown> = { ...best.labels };
  for (const [name, member] of Object.entries(best.route.query ?? {})) {
    const value = request.query.get(name);
    if (value !== null) input[member] = value;
  }
  for (const [name, member] of Object.entries(best.route.headers ?? {})) {
    const value = name.endsWith('*') ? prefixed(request.headers, name.slice(0, -1)) : request.headers[name];
    if (value !== undefined) input[member] = value;
  }
  return { route: best.route, input };
}

function matchRoute(candidate: Route, request: WireRequest): Match | undefined {
  if (candidate.method !== request.method) return undefined;
  const [path = '', required] = candidate.path.split('?');
  if (required !== undefined) {
    const [name = '', value] = required.split('=');
    if (!request.query.has(name) || (value !== undefined && request.query.get(name) !== value)) return undefined;
  }
  const requiredName = required?.split('=')[0];
  for (const name of request.query.keys()) {
    if (name !== requiredName && !IGNORED_QUERY.has(name) && !Object.hasOwn(candidate.query ?? {}, name)) {
      return undefined;
    }
  }
  const labels = matchPath(path, request.rawPath);
  return labels && { route: candidate, labels };
}

function matchPath(template: string, rawPath: string): Record<string, string> | undefined {
  const wanted = segments(template);
  const given = segments(rawPath);
  const labels: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const label = /^\{(\w+)(\+?)\}$/.exec(segment);
    const value = given[index];
    if (value === undefined || value === '') return undefined;
    if (!label) {
      if (segment !== value) return undefined;
      continue;
    }
    const [, name = '', greedy] = label;
    labels[name] = decodeURIComponent(greedy ? given.slice(index).join('/') : value);
    if (greedy) return labels;
  }
  return wanted.length === given.length ? labels : undefined;
}

/** A trailing slash does not count: `/bucket/` is `/bucket`. */
function segments(path: string): string[] {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  return trimmed === '' ? [] : trimmed.split('/');
}

function specificity({ path }: Route): number {
  const [plain = '', required] = path.split('?');
  const literal = segments(plain).filter((segment) => !segment.startsWith('{')).length;
  return literal * 2 + (required === undefined ? 0 : 1);
}

function prefixed(headers: Record<string, string>, prefix: string): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}
