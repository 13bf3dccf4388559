import * as z from 'zod/mini';

export const host = z.string().check(z.regex(/^[^\s/@]+$/, 'a host name or address alone, no URL'));
export const port = z.int().check(z.gte(1, 'a port'), z.lte(65535, 'a port'));
export const Node = z.strictObject({ host, port: z._default(port, 6379) });
export const userName = z.string().check(z.regex(/^[^\s\0]+$/, 'the name of an ACL user: no blanks'));
