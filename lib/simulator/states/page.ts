import { AwsError } from '../types.ts';

/** A page of a list; the token is the place of the next item. @throws AwsError InvalidToken */
export function page<Item>(
  all: readonly Item[],
  { maxResults, nextToken }: { maxResults?: number; nextToken?: string },
): { items: Item[]; nextToken: string | undefined } {
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
  // 0 means the default. https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
  const to = from + (maxResults || 100);
  return { items: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined };
}
