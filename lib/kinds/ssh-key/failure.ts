import { KeyturnError } from '../../core/errors.ts';
import type { Credential } from './credential.ts';
import { type Host, nameOf } from './schema.ts';

/** How far a login came, and what was seen on the way. Nothing of a driver's error but its code. */
export interface Failure {
  phase: 'connect' | 'login' | 'probe';
  code?: string | undefined;
  late?: boolean;
  /** The key that the host showed, and whether the inventory names it. */
  hostKey?: string;
  hostKnown?: boolean;
  /** What sshd still offers after it did not let us in; `partly`: the key was right, and is not enough. */
  refusal?: { methods: readonly string[]; partly: boolean };
}

/** A failed login in Keyturn's words. Pure. */
export function explain(failure: Failure, host: Host, { username, publicKey }: Credential): KeyturnError {
  const { phase, code = 'closed', late, hostKey, hostKnown, refusal } = failure;
  const place = nameOf(host);
  if (hostKnown === false) {
    return new KeyturnError(
      'TargetTlsFailed',
      `${place} shows the host key ${hostKey}, which the inventory's hostKeys do not name; nothing was sent to it. If the host was made anew, read the key on it (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and correct the inventory; else somebody stands in between`,
    );
  }
  if (refusal !== undefined) return refused(refusal, place, username, publicKey.fingerprint);
  if (late) return new KeyturnError('TargetTimeout', `sshd at ${place} did not answer in time (${phase})`);
  if (phase === 'connect') return unconnected(code, place);
  if (phase === 'probe') {
    return new KeyturnError(
      'TargetUnfit',
      `${place} let "${username}" in, and would not run id -un (${code}): say probe: 'authentication' if this user may run nothing`,
    );
  }
  if (hostKey === undefined && code === 'handshake') {
    return new KeyturnError(
      'TargetUnfit',
      `sshd at ${place} and Keyturn have no algorithm in common: see its KexAlgorithms, HostKeyAlgorithms, Ciphers and MACs`,
    );
  }
  return new KeyturnError(
    'TargetUnreachable',
    `sshd at ${place} closed the connection (${code}) ${hostKey === undefined ? 'before it said who it is: MaxStartups, a penalty or a filter' : 'in the login'}`,
  );
}

function refused(
  { methods, partly }: NonNullable<Failure['refusal']>,
  place: string,
  user: string,
  fingerprint: string,
): KeyturnError {
  if (partly) {
    return new KeyturnError(
      'TargetUnfit',
      `sshd at ${place} took the key of "${user}" and wants ${methods.join(' or ')} on top (AuthenticationMethods), which Keyturn does not have`,
    );
  }
  if (!methods.includes('publickey')) {
    return new KeyturnError(
      'TargetUnfit',
      `sshd at ${place} does not take keys of "${user}" at all, it offers ${methods.join(', ') || 'nothing'}: see PubkeyAuthentication and AuthenticationMethods`,
    );
  }
  return new KeyturnError('AuthenticationRefused', `sshd at ${place} refuses the key ${fingerprint} of "${user}"`);
}

/** Node's codes of a lookup and of a connection. */
function unconnected(code: string, place: string): KeyturnError {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new KeyturnError('TargetUnresolved', `${place} does not resolve (${code})`);
  if (code === 'ETIMEDOUT') return new KeyturnError('TargetTimeout', `${place} accepts no connection in time`);
  return new KeyturnError('TargetUnreachable', `${place} accepts no connection (${code})`);
}

/** The answer of sshd to a refused key, as its client words it. */
export const refusal = 'Permission denied (publickey)';
