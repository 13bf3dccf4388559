/** A key is used alike, whoever made it. */
export { openUse } from './http-api-key.ts';
