const PLACEHOLDER = /\{([A-Za-z]\w*)\}/g;

export type Values = Readonly<Record<string, unknown>>;

/** The names in `{…}` anywhere in a JSON value. Pure. */
export function placeholdersOf(template: object): string[] {
  return [...new Set([...JSON.stringify(template).matchAll(PLACEHOLDER)].map(([, name]) => name ?? ''))];
}

/** Fills a path. Each value becomes one part of it, whatever it holds. Pure. */
export function fillPath(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string) => encodeURIComponent(String(values[name])));
}

/** Fills a JSON body: a string that is one placeholder becomes the value itself, of whatever type. Pure. */
export function fillJson(template: unknown, values: Values): unknown {
  if (typeof template === 'string') {
    const whole = /^\{([A-Za-z]\w*)\}$/.exec(template)?.[1];
    if (whole !== undefined) return values[whole];
    return template.replace(PLACEHOLDER, (_, name: string) => String(values[name]));
  }
  if (Array.isArray(template)) return template.map((item) => fillJson(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, fillJson(item, values)]));
}
