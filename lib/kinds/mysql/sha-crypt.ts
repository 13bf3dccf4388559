import { createHash } from 'node:crypto';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Drepper's SHA-256 crypt (https://www.akkadia.org/drepper/SHA-crypt.txt), without its limit of 16 bytes to the salt:
 * MySQL's have 20.
 * @returns the digest's 43 characters
 */
export function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  const alternate = sha256(password, salt, password);
  const bits: Buffer[] = [];
  for (let length = password.length; length > 0; length >>= 1) bits.push(length & 1 ? alternate : password);
  let digest = sha256(password, salt, repeated(alternate, password.length), ...bits);

  const passwordBytes = repeated(sha256(...times(password, password.length)), password.length);
  const saltBytes = repeated(sha256(...times(salt, 16 + (digest[0] ?? 0))), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    digest = sha256(
      odd ? passwordBytes : digest,
      ...(round % 3 === 0 ? [] : [saltBytes]),
      ...(round % 7 === 0 ? [] : [passwordBytes]),
      odd ? digest : passwordBytes,
    );
  }
  return encoded(digest);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function times(part: Buffer, count: number): Buffer[] {
  return Array.from({ length: count }, () => part);
}

function repeated(part: Buffer, length: number): Buffer {
  return Buffer.alloc(length, part);
}

/** Three bytes to four characters, in the document's own order (step 22): 0 10 20, 21 1 11, 12 22 2, … and 31 30 last. */
function encoded(digest: Buffer): string {
  let text = '';
  let [a, b, c] = [0, 10, 20];
  for (let group = 0; group < 10; group += 1) {
    text += characters(((digest[a] ?? 0) << 16) | ((digest[b] ?? 0) << 8) | (digest[c] ?? 0), 4);
    [a, b, c] = [c + 1, a + 1, b + 1];
  }
  return text + characters(((digest[31] ?? 0) << 8) | (digest[30] ?? 0), 3);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, at) => alphabet[(value >> (6 * at)) & 63]).join('');
}
