/** A secret by a name that may be shown. */
export interface NamedSecret {
  name: string;
  text: string;
  /** Parts of it that may be shown: some providers' keys contain their own id. */
  shown?: readonly string[];
}

/** A piece of a secret as it could stand in a text. */
export interface Needle {
  secret: string;
  form: string;
  text: string;
}

/** Shorter pieces of a random text are found by chance; of 12 characters out of 64 they are not: 2^-72 for each place. */
export const pieceLength = 12;

/** Forms in which each character stands for itself, so that a piece's form is a piece of the form. */
const charwise: Readonly<Record<string, (piece: string) => string>> = {
  raw: (piece) => piece,
  reversed: (piece) => [...piece].reverse().join(''),
  hex: (piece) => Buffer.from(piece).toString('hex'),
  'hex, upper case': (piece) => Buffer.from(piece).toString('hex').toUpperCase(),
  'URL-encoded': encodeURIComponent,
  'URL-encoded, every mark': (piece) => encodeURIComponent(piece).replace(/[!'()*~._-]/g, percent),
  'URL-encoded, lower case': (piece) => encodeURIComponent(piece).replace(/%../g, (code) => code.toLowerCase()),
  'form-encoded': (piece) => new URLSearchParams({ '': piece }).toString().slice(1),
  'JSON-escaped': escapeJson,
  'JSON-escaped twice': (piece) => escapeJson(escapeJson(piece)),
  'JSON-escaped three times': (piece) => escapeJson(escapeJson(escapeJson(piece))),
  'XML-escaped': (piece) =>
    piece.replace(/[&<>"']/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? '&apos;'),
};

/** Every piece of `pieceLength` characters (a shorter secret: the whole) in every form. Each text once. */
export function needlesOf({ name, text, shown = [] }: NamedSecret): Needle[] {
  const needles = new Map<string, Needle>();
  const add = (form: string, needle: string) => {
    if (!needles.has(needle)) needles.set(needle, { secret: name, form, text: needle });
  };
  const characters = [...text];
  for (let from = 0; from === 0 || from + pieceLength <= characters.length; from += 1) {
    const piece = characters.slice(from, from + pieceLength).join('');
    if (shown.some((part) => part.includes(piece))) continue;
    for (const [form, write] of Object.entries(charwise)) add(form, write(piece));
    for (const encoding of ['base64', 'base64url'] as const) {
      for (const ahead of [0, 1, 2]) add(encoding, insideBase64(piece, ahead, encoding));
    }
  }
  return [...needles.values()];
}

/**
 * The characters that a piece surely has inside the base64 of a longer text, `ahead` bytes into a group of three:
 * the first and the last sextet may also hold bits of its neighbours.
 */
function insideBase64(piece: string, ahead: number, encoding: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(ahead), Buffer.from(piece)]);
  return bytes.toString(encoding).slice(Math.ceil((ahead * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

function escapeJson(piece: string): string {
  return JSON.stringify(piece).slice(1, -1);
}

function percent(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
}
