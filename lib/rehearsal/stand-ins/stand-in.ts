import type { SecretDeclaration } from '../../inventory/types.ts';
import type { SimulatedWorld } from '../../simulator/world.ts';
import type { AdminSecrets } from '../estates/admin-secrets.ts';
import type { CertificateAuthority } from '../estates/certificates.ts';
import type { TargetWork } from '../report/report.ts';

/** What a target says to a credential, asked with its own protocol and none of Keyturn's code. */
export type Verdict = 'accepted' | 'refused';

/** A secret of the inventory, by its name. */
export interface DeclaredSecret {
  name: string;
  declaration: SecretDeclaration;
}

/** What stand-ins find on this machine. */
export interface Surroundings {
  world: SimulatedWorld;
  /** Signs the servers' certificates. Every service trusts it. */
  authority: CertificateAuthority;
  /** Keyturn's own logins at the targets. */
  admins: AdminSecrets;
  /** So that what was done at a server can be counted and searched. */
  logsStatements: boolean;
}

/** When the four steps of a rotation ran. */
export interface During {
  fromMs: number;
  toMs: number;
}

/** What was promised of a secret that has had its turn: the values of the version that is kept and of the one that had to go. */
export interface Outcome {
  kept: string;
  gone: string | undefined;
}

/** The targets of one kind, running on loopback, for all the secrets that they were started with. */
export interface Targets {
  /** What of the inventory could not be stood in for, each with what to install. */
  leftOut?: readonly string[];
  /** The declaration as it stands, aimed at this machine: only hosts, ports and the CA differ. */
  aim(secret: DeclaredSecret): SecretDeclaration;
  /** Makes the secret's credential at its target, as an engineer had it before Keyturn came. The secret's first value. */
  credential(secret: DeclaredSecret): Promise<string>;
  /**
   * For targets that are services themselves: where the service answers whose check the inventory has at a host.
   * @throws CannotStart when one that is needed is not there
   */
  connect?(originOf: (host: string) => string | undefined): void;
  /** For targets where people do what no API can: from now on they do it, the first thing at once and the others when asked, until `stop`. */
  attend?(): Promise<void>;
  /** Uses the credential of a version once. @throws Error for any answer that is neither a yes nor an authentication error */
  ask(secret: DeclaredSecret, value: string): Promise<Verdict>;
  /** What a service must know beside the credential: the settings that `services/uses/<kind>.ts` takes. */
  settings(secret: DeclaredSecret): Readonly<Record<string, unknown>>;
  /** What the four steps cost at the target; undefined where it keeps no log to count in. */
  work?(secret: DeclaredSecret, during: During, newValue: string | undefined): Promise<TargetWork | undefined>;
  /** For servers that can go away: ends the secret's, and all its sessions. Resolves when it is back, after `awayMs` or more. */
  goAway?(secret: DeclaredSecret, awayMs: number): Promise<void>;
  /** What is not as it should be at the target after a turn, in words. */
  faults?(secret: DeclaredSecret, outcome: Outcome): Promise<string[]>;
  /** Everything that the servers wrote down so far; '' where they keep no log. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** What stands in for a kind's targets when an estate is rehearsed. */
export interface StandIn {
  /** One secret of the kind, for an estate with one of each. */
  sample: Pick<SecretDeclaration, 'target' | 'views'>;
  /** What is started, for whoever waits: `PostgreSQL`. */
  title: string;
  /** One line: what is not installed and how to install it. Undefined when nothing is missing. */
  missing: string | undefined;
  /** @throws CannotStart naming the secret that it cannot stand in for. Leaves nothing behind when it fails. */
  start(secrets: readonly DeclaredSecret[], surroundings: Surroundings): Promise<Targets>;
}
