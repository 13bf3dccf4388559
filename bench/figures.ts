/** One number and what it may be at most. */
export interface Figure {
  what: string;
  value: number;
  limit: number;
}

export function isKept({ value, limit }: Figure): boolean {
  return value <= limit;
}

export function lineOf(figure: Figure): string {
  const mark = isKept(figure) ? 'ok  ' : 'OVER';
  return `${mark}  ${String(figure.value).padStart(7)}  (at most ${figure.limit})  ${figure.what}`;
}
