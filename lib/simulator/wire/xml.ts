/** An element around inner XML, which is written as it is. */
export function element(name: string, innerXml: string, attributes: Readonly<Record<string, string>> = {}): string {
  const heads = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  return `<${name}${heads.join('')}>${innerXml}</${name}>`;
}

/** An object's members as elements. Lists are wrapped (`<Users><member>…`), maps of `Map` become entries. */
export function toXml(members: unknown): string {
  if (typeof members !== 'object' || members === null) return scalar(members);
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      if (value instanceof FlatList) return value.items.map((item) => element(name, inner(item))).join('');
      return element(name, inner(value));
    })
    .join('');
}

/** A list whose items stand side by side, without a wrapper: S3's `<Contents>`. */
export class FlatList {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

function inner(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => element('member', inner(item))).join('');
  if (value instanceof Map) {
    return [...value]
      .map(([key, entry]) => element('entry', element('key', scalar(key)) + element('value', inner(entry))))
      .join('');
  }
  if (value instanceof Date || value instanceof Uint8Array) return scalar(value);
  return toXml(value);
}

function scalar(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value === undefined || value === null ? '' : escapeXml(String(value));
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}
