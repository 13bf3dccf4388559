import { at } from '../../../core/json-path.ts';
import type { Match } from './door.ts';
import type { Answer } from './http-api.ts';

/** The body as its paths see it; undefined when it is not what it should be. Must not go further than what reads it: it may hold a key. */
export function contentOf({ body }: Answer, form: 'json' | 'xml' = 'json'): unknown {
  return body.parse((text) => {
    if (form === 'xml')
      return Object.fromEntries([...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, tag, leaf]) => [tag, leaf]));
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  });
}

/** Whether an answer is one of these. Pure. */
export function matches(answer: Answer, wanted: readonly Match[], form: 'json' | 'xml' = 'json'): boolean {
  const content = contentOf(answer, form);
  return wanted.some(
    ({ status, where = {} }) =>
      status === answer.status &&
      Object.entries(where).every(([path, values]) => values.some((value) => value === at(content, path))),
  );
}
