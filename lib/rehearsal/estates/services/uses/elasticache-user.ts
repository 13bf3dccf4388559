export { openUse } from './redis.ts';
