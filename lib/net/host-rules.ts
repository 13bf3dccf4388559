import { BlockList, isIP } from 'node:net';
import { KeyturnError } from '../core/errors.ts';

/**
 * Addresses at which no consumer and no provider lives, but credentials do: the metadata services of EC2 and of ECS
 * tasks (169.254.169.254, 169.254.170.2, fd00:ec2::254), whatever name resolves to them. Loopback is allowed: only
 * what is on the same machine answers there.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');

/** @throws InvalidInput when nothing may be asked at this address. */
export function allowAddress(address: string, host: string): void {
  const family = isIP(address);
  if (family !== 0 && forbidden.check(address, family === 6 ? 'ipv6' : 'ipv4')) {
    throw new KeyturnError(
      'InvalidInput',
      `${host} is ${address}, a link-local or metadata address; Keyturn asks nothing there`,
    );
  }
}

/**
 * Parses a URL that may be asked: https, or http where the caller states that plaintext is wanted; no user name or
 * password in it; no forbidden address written as one.
 * @throws InvalidInput
 */
export function allowUrl(url: string, plaintext: boolean): URL {
  const parsed = URL.parse(url);
  // The text is not quoted: what is no URL may be anything.
  if (parsed === null) throw new KeyturnError('InvalidInput', 'not a URL');
  if (parsed.username !== '' || parsed.password !== '') {
    throw new KeyturnError(
      'InvalidInput',
      `the URL of ${parsed.host} carries a user name or password; neither belongs into a URL`,
    );
  }
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && plaintext)) {
    throw new KeyturnError(
      'InvalidInput',
      `${parsed.protocol}//${parsed.host} is not encrypted: use https, or state that plaintext is wanted`,
    );
  }
  allowAddress(hostOf(parsed), parsed.host);
  return parsed;
}

/** The host as DNS and sockets take it: without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
