import { literal } from './quote.ts';
import type { Account } from './state.ts';

/** What an account demands of its logins and limits them to, as CREATE and ALTER USER say it. */
export function optionsOf({ tls, limits }: Account): string {
  const list = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  return `REQUIRE ${required(tls)} WITH ${list.join(' ')}`;
}

function required({ type, cipher, issuer, subject }: Account['tls']): string {
  if (type === '') return 'NONE';
  if (type !== 'SPECIFIED') return type === 'ANY' ? 'SSL' : type;
  const parts = Object.entries({ ISSUER: issuer, SUBJECT: subject, CIPHER: cipher });
  return parts.flatMap(([name, value]) => (value === '' ? [] : [`${name} ${literal(value)}`])).join(' AND ');
}
