import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { SecretValue } from '../../core/secret-value.ts';

/** What is public of a key. */
export interface PublicKey {
  /** `ssh-ed25519` */
  type: string;
  /** Base64, as in authorized_keys. */
  blob: string;
  /** `SHA256:…`, as ssh-keygen and sshd print it. */
  fingerprint: string;
}

const MAGIC = 'openssh-key-v1\0';
const ARMOUR = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/;
/** The DER that stands before the 32 bytes of an Ed25519 private key in PKCS#8: https://datatracker.ietf.org/doc/html/rfc8410#section-7 */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function publicKeyOf(wire: Buffer): PublicKey {
  const type = new Reader(wire).text();
  const hash = createHash('sha256').update(wire).digest('base64').replace(/=+$/, '');
  return { type, blob: wire.toString('base64'), fingerprint: `SHA256:${hash}` };
}

/**
 * A new Ed25519 pair in OpenSSH's own format: its clients cannot read Ed25519 in PKCS#8.
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function newKeyPair(comment: string): { privateKey: SecretValue; publicKey: PublicKey } {
  const pair = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(pair.d ?? '', 'base64url'), Buffer.from(pair.x ?? '', 'base64url')];
  const wire = Buffer.concat([field('ssh-ed25519'), field(point)]);
  const check = randomBytes(4);
  const half = Buffer.concat([check, check, wire, field(Buffer.concat([seed, point])), field(comment)]);
  // To whole blocks of 8 with 1, 2, 3, …
  const padding = Buffer.from(Array.from({ length: (8 - (half.length % 8)) % 8 }, (_, at) => at + 1));
  const whole = Buffer.concat([
    Buffer.from(MAGIC),
    field('none'),
    field('none'),
    field(''),
    count(1),
    field(wire),
    field(Buffer.concat([half, padding])),
  ]);
  const body = whole.toString('base64').replaceAll(/.{1,70}/g, '$&\n');
  const armoured = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}-----END OPENSSH PRIVATE KEY-----\n`;
  return { privateKey: SecretValue.of(armoured), publicKey: publicKeyOf(wire) };
}

/**
 * What is public of a private key: OpenSSH's format with any type of key, or RSA in PEM, as EC2 makes them. Undefined: not
 * such a key, one with a passphrase, or an Ed25519 key whose halves do not belong together.
 */
export function readPrivateKey(privateKey: SecretValue): PublicKey | undefined {
  return privateKey.parse((text) => {
    try {
      const armour = ARMOUR.exec(text)?.[1];
      const wire = armour === undefined ? rsaWire(text) : containerWire(Buffer.from(armour, 'base64'));
      return wire && publicKeyOf(wire);
    } catch {
      // Without the cause: it may quote the key.
      return undefined;
    }
  });
}

function containerWire(whole: Buffer): Buffer | undefined {
  if (whole.subarray(0, MAGIC.length).toString() !== MAGIC) return undefined;
  const reader = new Reader(whole.subarray(MAGIC.length));
  const [cipher, , , keys] = [reader.text(), reader.bytes(), reader.bytes(), reader.count()];
  const wire = reader.bytes();
  const half = new Reader(reader.bytes());
  const checks = [half.count(), half.count()];
  if (cipher !== 'none' || keys !== 1 || checks[0] !== checks[1]) return undefined;
  if (half.text() !== 'ssh-ed25519') return wire;
  const [point, pair] = [half.bytes(), half.bytes()];
  const key = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, pair.subarray(0, 32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  const own = Buffer.concat([field('ssh-ed25519'), field(Buffer.from(x, 'base64url'))]);
  return own.equals(wire) && point.equals(pair.subarray(32)) ? wire : undefined;
}

function rsaWire(pem: string): Buffer | undefined {
  const { kty, n = '', e = '' } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' });
  if (kty !== 'RSA') return undefined;
  const whole = (text: string) => {
    const number = Buffer.from(text, 'base64url');
    // Positive: https://datatracker.ietf.org/doc/html/rfc4251#section-5
    return field((number[0] ?? 0) >= 128 ? Buffer.concat([Buffer.of(0), number]) : number);
  };
  return Buffer.concat([field('ssh-rsa'), whole(e), whole(n)]);
}

function count(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([count(bytes.length), bytes]);
}

/** Reads what `count` and `field` write. Throws at the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  count(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  bytes(): Buffer {
    const length = this.count();
    if (this.#at + length > this.#bytes.length) throw new RangeError('the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('latin1');
  }
}
