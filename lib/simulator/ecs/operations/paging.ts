import { AwsError } from '../../types.ts';

export interface PageRequest {
  maxResults?: number;
  nextToken?: string;
}

/** One page. @throws AwsError InvalidParameterException for a token that is not ours. */
export function page<T>(
  all: readonly T[],
  request: PageRequest,
  defaultResults: number,
): { page: T[]; nextToken?: string } {
  const size = request.maxResults ?? defaultResults;
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    throw new AwsError('InvalidParameterException', 'maxResults must be between 1 and 100');
  }
  const from = request.nextToken === undefined ? 0 : Number(Buffer.from(request.nextToken, 'base64url').toString());
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidParameterException', 'Invalid token');
  const until = from + size;
  return {
    page: all.slice(from, until),
    ...(until < all.length && { nextToken: Buffer.from(String(until)).toString('base64url') }),
  };
}
