import { KeyturnError } from '../errors.ts';
import { SecretValue } from '../secret-value.ts';

const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9]*)(?::(url|json|base64))?\}/g;

/**
 * What a template names: `{password:url}` is the field `password`, URL-encoded. `:json` escapes for inside a JSON string,
 * `:base64` encodes. Any other brace is text, so that a view can be JSON itself.
 */
export function fieldsOf(template: string): string[] {
  return [...new Set([...template.matchAll(PLACEHOLDER)].map(([, field]) => field ?? ''))];
}

/**
 * Renders a view from the fields of the source secret's value.
 * @throws SecretMalformed when the value lacks a field that the template names.
 */
export function render(template: string, source: SecretValue): SecretValue {
  const fields = source.parse(parseFields);
  const text = template.replace(PLACEHOLDER, (_, field: string, encoding: string | undefined) => {
    const value = fields[field];
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new KeyturnError(
        'SecretMalformed',
        `a view names the field "${field}", which the secret's value does not have`,
      );
    }
    return encode(String(value), encoding);
  });
  return SecretValue.of(text);
}

function parseFields(text: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
      return fields as Record<string, unknown>;
  } catch {
    // Falls through: the parser's own message would quote the value.
  }
  throw new KeyturnError('SecretMalformed', 'views need a source secret whose value is a JSON object');
}

function encode(value: string, encoding: string | undefined): string {
  if (encoding === 'url')
    return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  if (encoding === 'json') return JSON.stringify(value).slice(1, -1);
  if (encoding === 'base64') return Buffer.from(value, 'utf8').toString('base64');
  return value;
}
