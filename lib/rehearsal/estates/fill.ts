/** What a view says, by the plain meaning of its template, with none of Keyturn's code. */
export function fill(template: string, value: string): string {
  const fields = JSON.parse(value) as Record<string, string | number | undefined>;
  return template.replace(/\{([A-Za-z]\w*)(?::(url|json|base64))?\}/g, (_, field: string, encoding?: string) => {
    const text = String(fields[field] ?? '');
    if (encoding === 'base64') return Buffer.from(text).toString('base64');
    if (encoding === 'json') return JSON.stringify(text).slice(1, -1);
    return encoding === 'url' ? encodeURIComponent(text) : text;
  });
}
