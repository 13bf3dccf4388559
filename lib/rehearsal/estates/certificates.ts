import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A private CA for loopback servers, without openssl. */
export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** A server certificate for these names and IPv4 addresses, and its key, both PEM. Default: good for a day. */
  issue(names: readonly string[], validUntilMs?: number): { certificate: string; key: string };
}

const hourMs = 3_600_000;

export function createCertificateAuthority(name = 'Test CA'): CertificateAuthority {
  const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = { subject: name, issuer: name, key: issuer.publicKey, signer: issuer.privateKey };
  return {
    certificate: certify({ ...own, extensions: [basicConstraints, subjectKeyId(issuer.publicKey)] }),
    issue(names, validUntilMs) {
      const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        certificate: certify({
          subject: names[0] ?? 'server',
          issuer: name,
          key: server.publicKey,
          signer: issuer.privateKey,
          extensions: [alternativeNames(names)],
          validUntilMs,
        }),
        key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Request {
  subject: string;
  issuer: string;
  key: KeyObject;
  signer: KeyObject;
  extensions: Buffer[];
  validUntilMs?: number | undefined;
}

/** X.509 v3 (RFC 5280 section 4.1), ECDSA with SHA-256. */
function certify({ subject, issuer, key, signer, extensions, validUntilMs }: Request): string {
  const untilMs = validUntilMs ?? Date.now() + 24 * hourMs;
  const algorithm = sequence(objectId('2a8648ce3d040302'));
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer),
    sequence(time(Math.min(Date.now(), untilMs) - hourMs), time(untilMs)),
    distinguishedName(subject),
    spki(key),
    der(0xa3, sequence(...extensions)),
  );
  const whole = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, signer)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const basicConstraints = sequence(
  objectId('551d13'),
  der(1, Buffer.from([0xff])),
  octets(sequence(der(1, Buffer.from([0xff])))),
);

function subjectKeyId(key: KeyObject): Buffer {
  return sequence(objectId('551d0e'), octets(octets(createHash('sha1').update(spki(key)).digest())));
}

function alternativeNames(names: readonly string[]): Buffer {
  const general = names.map((name) =>
    isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
  );
  return sequence(objectId('551d11'), octets(sequence(...general)));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))));
}

function spki(key: KeyObject): Buffer {
  return createPublicKey(key.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' });
}

/** UTCTime, good until 2049. */
function time(atMs: number): Buffer {
  const digits = new Date(atMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function octets(bytes: Buffer): Buffer {
  return der(0x04, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
