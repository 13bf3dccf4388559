import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { SecretValue } from '../../core/secret-value.ts';

/** PostgreSQL's own default (`scram_iterations`). The passwords are random, so more would only slow logins down. */
const iterations = 4096;

/**
 * What PostgreSQL stores for a password under scram-sha-256, made here so that the password itself never reaches the
 * server: with `log_statement = ddl` it would stand in the server's log.
 * Form: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803, src/common/scram-common.c).
 */
export function scramVerifier(user: string, password: SecretValue, salt: Buffer = saltOf(user, password)): SecretValue {
  return password.map((text) => {
    const salted = pbkdf2Sync(prepared(text), salt, iterations, 32, 'sha256');
    const hmac = (message: string) => createHmac('sha256', salted).update(message).digest();
    const storedKey = createHash('sha256').update(hmac('Client Key')).digest();
    const parts = [salt, storedKey, hmac('Server Key')].map((part) => part.toString('base64'));
    return `SCRAM-SHA-256$${iterations}:${parts[0]}$${parts[1]}:${parts[2]}`;
  });
}

/**
 * The same verifier for the same login each time: PgBouncer can hand a client's login on only where its list has the very
 * verifier that PostgreSQL has. As slow to guess a password from as the verifier itself.
 */
function saltOf(user: string, password: SecretValue): Buffer {
  return password.parse((text) => pbkdf2Sync(prepared(text), `keyturn ${user}`, iterations, 16, 'sha256'));
}

/**
 * SASLprep (RFC 4013) in the steps that change a password: odd spaces to a space, invisible characters to nothing,
 * NFKC. Ours are ASCII and stay as they are; a password that a human once chose may not.
 */
function prepared(password: string): string {
  return password
    .replace(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu, ' ')
    .replace(/\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu, '')
    .normalize('NFKC');
}
