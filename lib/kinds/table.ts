import { factsOf, kindIds } from './registry.ts';

/** Where the table stands in README.md. */
const marks = { from: '<!-- kinds: written by npm run docs -->', to: '<!-- kinds end -->' } as const;

const head = ['kind', 'overlap', 'value', 'evidence of use', 'disabled by', 'destroyed by', 'proven dead by'];

/** Every kind's facts as a Markdown table. */
export function kindsTable(): string {
  const rows = kindIds.map((id) => {
    const { title, overlap, origin, evidence } = factsOf(id);
    const { lastUse, disable, destroy, provenDead } = evidence;
    return [`[${id}](lib/kinds/${id}/README.md): ${title}`, overlap, origin, lastUse, disable, destroy, provenDead];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(inCell).join(' | ')} |`).join('\n');
}

function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The text with the table between its marks. @throws Error when the marks are missing */
export function withKindsTable(text: string): string {
  const [from, to] = [text.indexOf(marks.from), text.indexOf(marks.to)];
  if (from < 0 || to < from) throw new Error(`no place for the table of kinds: ${marks.from} … ${marks.to}`);
  return `${text.slice(0, from)}${marks.from}\n${kindsTable()}\n${text.slice(to)}`;
}
