/** What stands in an inventory: texts, numbers, lists and objects. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

const WIDEST = 100;

/** A value as TypeScript, as the house's formatter would have it: on one line where it fits. Pure. */
export function typescript(value: Plain, indent = ''): string {
  const line = oneLine(value);
  if (line.length + indent.length <= WIDEST || typeof value !== 'object') return line;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? (value as readonly Plain[]).map((part) => `${deeper}${typescript(part, deeper)},`)
    : Object.entries(value).map(([key, part]) => `${deeper}${keyOf(key)}: ${typescript(part, deeper)},`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return [open, ...parts, `${indent}${close}`].join('\n');
}

function oneLine(value: Plain): string {
  if (typeof value === 'string') return textOf(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Plain[]).map(oneLine).join(', ')}]`;
  const fields = Object.entries(value).map(([key, part]) => `${keyOf(key)}: ${oneLine(part)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** What JSON escapes, TypeScript reads alike. */
function textOf(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : textOf(key);
}
