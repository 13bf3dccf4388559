import type { Health } from '../../core/check.ts';
import { at } from '../../core/json-path.ts';
import type { HttpResponse } from '../../net/http-client.ts';
import type { Config } from './schema.ts';

/** Whether an answer is that of a healthy consumer. Pure. Bodies are not quoted: they may hold what no log should. */
export function judge(config: Config, response: HttpResponse): Health {
  const expected = [config.status ?? 200].flat();
  if (!expected.includes(response.status)) {
    return unhealthy(`answered ${response.status}${redirection(config.url, response)}, not ${expected.join(' or ')}`);
  }
  if (config.jsonField === undefined) return { state: 'healthy' };
  const body = parseJson(response.body);
  if (body === undefined) return unhealthy('answered with a body that is not JSON');
  const { path, equals } = config.jsonField;
  const found = at(body, path);
  if (found === equals) return { state: 'healthy' };
  const what = found === undefined ? 'missing' : `another value (${found === null ? 'null' : typeof found})`;
  return unhealthy(`${path} is ${what}, not ${JSON.stringify(equals)}`);
}

function unhealthy(reason: string): Health {
  return { state: 'unhealthy', reason };
}

function redirection(asked: string, { location }: HttpResponse): string {
  const target = location === undefined ? null : URL.parse(location, asked);
  return target === null ? '' : ` (a redirect to ${target.origin}${target.pathname}, which is not followed)`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
