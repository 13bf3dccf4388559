import { randomBytes } from 'node:crypto';
import { AwsError, type Credentials, type Principal } from '../types.ts';
import type { Propagating } from './propagating.ts';

export type PolicyDocument = Record<string, unknown>;
/** Inline policies by name. */
export type Policies = Readonly<Record<string, PolicyDocument>>;
export type KeyStatus = 'Active' | 'Inactive';

export interface KeyUse {
  atMs: number;
  service: string;
  region: string;
}

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  createdAtMs: number;
  status: Propagating<KeyStatus | 'absent'>;
  lastUse: Propagating<KeyUse | undefined>;
}

export interface User {
  userName: string;
  userId: string;
  arn: string;
  path: string;
  createdAtMs: number;
  tags: Map<string, string>;
  policies: Propagating<Policies>;
  /** Deleted ones included, their latest status being `absent`. */
  keys: Map<string, AccessKey>;
}

export interface Role {
  roleName: string;
  roleId: string;
  arn: string;
  path: string;
  description: string | undefined;
  maxSessionSeconds: number;
  createdAtMs: number;
  tags: Map<string, string>;
  /** undefined until it has propagated. */
  trustPolicy: Propagating<PolicyDocument | undefined>;
  policies: Propagating<Policies>;
}

interface Session {
  principal: Principal;
  credentials: Required<Credentials>;
  issuedAtMs: number;
  expiresAtMs: number;
}

/** Whom a signature's access key stands for, and the secret to verify it with. */
export interface Signer {
  principal: Principal;
  credentials: Credentials;
  /** Of a session. */
  expiresAtMs?: number;
}

/** Users, roles, their access keys and sessions: one account's identities. No permissions are checked here. */
export class IdentityStore {
  readonly accountId: string;
  readonly root: Credentials;
  readonly users = new Map<string, User>();
  readonly roles = new Map<string, Role>();
  private readonly sessions = new Map<string, Session>();

  constructor(accountId: string) {
    this.accountId = accountId;
    this.root = { accessKeyId: newId('AKIA'), secretAccessKey: newSecret() };
  }

  get rootPrincipal(): Principal {
    return { kind: 'root', arn: `arn:aws:iam::${this.accountId}:root`, accountId: this.accountId };
  }

  user(userName: string): User {
    const user = this.users.get(userName);
    if (!user) throw noSuchEntity(`The user with name ${userName} cannot be found.`);
    return user;
  }

  role(roleName: string): Role {
    const role = this.roles.get(roleName);
    if (!role) throw noSuchEntity(`The role with name ${roleName} cannot be found.`);
    return role;
  }

  roleByArn(arn: string): Role | undefined {
    return [...this.roles.values()].find((role) => role.arn === arn);
  }

  /** The user who owns a key; a deleted key is still known, because it works until its deletion has propagated. */
  ownerOf(accessKeyId: string): { user: User; key: AccessKey } | undefined {
    for (const user of this.users.values()) {
      const key = user.keys.get(accessKeyId);
      if (key) return { user, key };
    }
    return undefined;
  }

  /** Credentials for a role's session; valid at once, as those of STS are. */
  openSession(role: Role, sessionName: string, nowMs: number, durationSeconds: number): Session {
    const session: Session = {
      principal: {
        kind: 'role-session',
        arn: `arn:aws:sts::${this.accountId}:assumed-role/${role.roleName}/${sessionName}`,
        accountId: this.accountId,
        roleName: role.roleName,
      },
      credentials: {
        accessKeyId: newId('ASIA'),
        secretAccessKey: newSecret(),
        sessionToken: randomBytes(96).toString('base64'),
      },
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + durationSeconds * 1000,
    };
    this.sessions.set(session.credentials.accessKeyId, session);
    return session;
  }

  /** Whom a key stands for at this instant; undefined for one that is unknown, not yet propagated, inactive or deleted. */
  signer(accessKeyId: string, nowMs: number): Signer | undefined {
    if (accessKeyId === this.root.accessKeyId) return { principal: this.rootPrincipal, credentials: this.root };
    const session = this.sessions.get(accessKeyId);
    if (session) return session;
    const owned = this.ownerOf(accessKeyId);
    if (owned?.key.status.at(nowMs) !== 'Active') return undefined;
    const { user, key } = owned;
    const principal: Principal = { kind: 'user', arn: user.arn, accountId: this.accountId, userName: user.userName };
    return { principal, credentials: { accessKeyId, secretAccessKey: key.secretAccessKey } };
  }

  /** Remembers the latest use of a user's key; GetAccessKeyLastUsed hears of it late, as of everything in IAM. */
  noteUse(accessKeyId: string, use: KeyUse, delayMs: number): void {
    this.ownerOf(accessKeyId)?.key.lastUse.set(use, use.atMs, delayMs);
  }

  /** `AIDA…` of a user, `AROA…:session` of a session, the account's number of root. */
  uniqueId(principal: Principal): string {
    if (principal.userName !== undefined) return this.user(principal.userName).userId;
    if (principal.roleName !== undefined) {
      return `${this.role(principal.roleName).roleId}:${principal.arn.split('/').at(-1)}`;
    }
    return this.accountId;
  }
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, 404);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `AKIA` (a user's key), `ASIA` (a session's), `AIDA` (a user), `AROA` (a role) + 16 characters. */
export function newId(prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA'): string {
  return prefix + Array.from(randomBytes(16), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

export function newSecret(): string {
  return randomBytes(30).toString('base64');
}
