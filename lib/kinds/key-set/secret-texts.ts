/** Of a private JWK; the other members are public, or words. */
const privateMembers = ['k', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

/**
 * What must not be shown of a version's value: private members as they stand in a JWK, as the text that an HMAC key is, and as they
 * stand inside the base64 of a PEM, whatever was before them; of an API key the part that is not its id.
 */
export function secretTexts(value: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.values((value['keys'] ?? {}) as Record<string, Record<string, unknown>>);
  const adopted = [value['key'], value['apiKey']].flatMap((text) =>
    typeof text === 'string' ? partOf(text, keys) : [],
  );
  return [...new Set([...keys.flatMap(textsOf), ...adopted])];
}

function textsOf(key: Record<string, unknown>): string[] {
  if (typeof key['token'] === 'string') return partOf(key['token'], [key]);
  return privateMembers.flatMap((name) => {
    const text = key[name];
    if (typeof text !== 'string') return [];
    const bytes = Buffer.from(text, 'base64url');
    return [text, ...(name === 'k' ? [bytes.toString('utf8')] : [0, 1, 2].map((ahead) => insideBase64(bytes, ahead)))];
  });
}

function partOf(token: string, keys: readonly Record<string, unknown>[]): string[] {
  const named = keys.find(({ kid }) => typeof kid === 'string' && token.startsWith(`${kid}_`));
  return [named === undefined ? token : token.slice(String(named['kid']).length + 1)];
}

/** Without the first and the last sextet, which may hold bits of what stands beside it. */
function insideBase64(bytes: Buffer, ahead: number): string {
  const all = Buffer.concat([Buffer.alloc(ahead), bytes]);
  return all.toString('base64').slice(Math.ceil((ahead * 8) / 6), Math.floor((all.length * 8) / 6));
}
