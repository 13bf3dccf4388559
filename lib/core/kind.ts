import type { Adoption } from './adoption.ts';
import type { Clock } from './clock.ts';
import type { SecretValue } from './secret-value.ts';
import type { AwsPlace, Statement } from './statement.ts';

/** How old and new stay valid together. */
export type Overlap = 'alternating-users' | 'two-slots' | 'key-set' | 'none';

/** What a field of a secret's value is, for views: `secret` must not be shown, `identity` changes with each rotation. */
export type FieldRole = 'secret' | 'identity' | 'plain';

/**
 * What is known of a kind without running it. The registry holds nothing else, so the synth, the CLI, the docs and
 * the suites may read it without loading a driver.
 */
export interface KindFacts<Target = unknown> {
  id: string;
  /** One line for tables and help texts. */
  title: string;
  /** `chosen`: we invent the value. `minted`: the provider does. `brought`: a human makes it and brings it (`keyturn supply`). */
  origin: 'chosen' | 'minted' | 'brought';
  overlap: Overlap;
  /** Whether the target can end a disabled credential for good (delete a key); else Disable is final. */
  destroys: boolean;
  /**
   * Who decides what is accepted. `target` (default): a system of its own, which `install` and `disable` tell. `consumers`: the
   * secret's own consumers, by what they read; they are told by the refresh, and that all of them have converged is the disabling.
   */
  acceptedBy?: 'target' | 'consumers';
  /** What shows that the old credential is still used, and how it is proven dead. For docs tables. */
  evidence: { lastUse: string; disable: string; destroy: string; provenDead: string };
  /** Fields of the secret's value (a JSON object) that views may name. */
  fields: Readonly<Record<string, FieldRole>>;
  /** Further fields that views may name, or other roles of those, where they depend on the target. Default none. */
  fieldsOf?(target: Target): Readonly<Record<string, FieldRole>>;
  /** The texts in a version's value (a JSON object) that must never be shown, where secret fields hold other words too. Default: those fields. */
  secretTexts?(value: Readonly<Record<string, unknown>>): readonly string[];
  /**
   * Whether `enable` undoes `disable` at this target. Default true. Where false, Disable is final: the grace is waited for
   * before it, there is no way back from it, and the evidence says destroyed.
   */
  reversible?(target: Target): boolean;
  /** Why the inventory accepts that no refusal is seen at this target: its typed opt-out, for the evidence. Undefined where one is. */
  unproven?(target: Target): string | undefined;
  /** The shortest time between two rotations that this target bears, in seconds. Default none. */
  minimumIntervalSeconds?(target: Target): number;
  /** What is wrong with a view that names these fields at this target, where that is more than a field that does not exist. */
  viewMistake?(target: Target, fields: readonly string[]): { what: string; remedy: string } | undefined;
  /** Given where the target has no API for it: a human must destroy the old credential; the rollout waits, and reminds. */
  disabledBy?: 'human';
  /** Of a brought credential: where a human makes and destroys credentials. */
  whereOf?(target: Target): string;
  /** Parses the inventory's `target`. Throws KeyturnError('InvalidInput') with the path of the mistake. */
  parseTarget(target: unknown): Target;
  /** The secret that holds Keyturn's admin credential at this target, by name or ARN; undefined where none is needed. */
  adminSecretOf(target: Target): string | undefined;
  /** Secrets that the verbs need beside the admin secret. Default none. */
  furtherSecretsOf?(target: Target): FurtherSecrets;
  /**
   * How this kind would take over an existing secret; undefined when it is none of its own. Never shows a part of the value.
   * `known`: what the engineer says of the target, by its fields.
   */
  adopt?(value: SecretValue, known: Readonly<Record<string, string>>): Adoption | undefined;
  /** The JSON that a secret made with `create: true` starts with: no credential in it yet. */
  initialValue(target: Target): Readonly<Record<string, unknown>>;
  /** IAM statements of the two functions, beside the access to secrets that every kind has. Must not grow with the number of targets. */
  needs: { rotate(place: AwsPlace): Statement[]; retire(place: AwsPlace): Statement[]; network: boolean };
}

/** By name or ARN. */
export interface FurtherSecrets {
  /** Logins of Keyturn's own at other doors of the target. */
  read: readonly string[];
  /** Texts that Keyturn keeps up to date with the credentials of both versions, for something at the target that reads them. */
  kept: readonly string[];
}

/** The secrets of `furtherSecretsOf`. Any other name is refused. */
export interface FurtherSecretAccess {
  /** Read once per invocation. */
  read(secret: string): Promise<SecretValue>;
  /**
   * Changes a kept text by compare-and-swap, so that of two rotations at once none undoes the other. Writes nothing where
   * nothing changes. @param change pure: it may be asked again @throws LabelMoved
   */
  rewrite(secret: string, change: (text: SecretValue) => SecretValue): Promise<void>;
}

/** What every verb gets. */
export interface KindContext<Target> {
  target: Target;
  /** The secret whose credentials these are. A kind whose target knows names marks by it what it mints. */
  secretArn: string;
  /** Keyturn's admin secret at the target (`adminSecretOf`), read when first asked for and once per invocation. */
  admin(): Promise<SecretValue>;
  /** There where the kind's facts name such secrets. */
  further?: FurtherSecretAccess;
  clock: Clock;
  /** Aborts before the function's own time ends; every call to a target carries it. */
  signal: AbortSignal;
}

/** What led to a rotation, for kinds whose new version depends on it. Left out: nothing out of the ordinary. */
export interface Occasion {
  nowMs: number;
  /** The current credential is compromised: nothing of it may go on in the new version. */
  emergency: boolean;
}

/** What a target can tell of a credential's use. An error of the target is never `unused`. */
export type LastUse = { state: 'unused' } | { state: 'used'; detail: string } | { state: 'unknown'; detail: string };

/** What nothing but a human can do at the target, such as `destroy key apikey_01 at https://console.example`. No value. */
export interface HumanTask {
  task: string;
}

/** One endpoint's answer to a login with the retired credential, beside a positive control at the same place. */
export interface Refusal {
  endpoint: string;
  /** The target's own authentication error, such as SQLSTATE 28000. */
  error: string;
}

/** What is known of an abandoned pending version, for targets that are told the whole list of what they accept. */
export interface Abandoned<Credential> {
  abandoned: Credential;
  /** Undefined: AWSCURRENT has no credential yet (`create: true`). */
  current: Credential | undefined;
}

interface CommonVerbs<Target, Credential> {
  readonly facts: KindFacts<Target>;

  /**
   * Parses a version's value. Undefined: the version has no credential at the target yet (`create: true`).
   * @throws SecretMalformed; TargetMismatch when host, user or admin secret differ from the inventory's.
   */
  parse(value: SecretValue, target: Target): Credential | undefined;

  /** The non-secret name of the credential at its target. Pure. */
  identify(credential: Credential): string;

  /**
   * The non-secret name of what ends when `retire` goes and `keep` stays, where a version holds more than one credential and the
   * two versions share some; undefined when nothing ends. The evidence goes by it. Default: `identify(retire)`. Pure.
   */
  leaving?(versions: { retire: Credential; keep: Credential }): string | undefined;

  /**
   * Makes the target accept `pending` and ends with a login as pending. Idempotent: runs again as it is.
   * @throws PendingPoisoned when the target definitively rejects the value itself.
   */
  install(
    context: KindContext<Target>,
    versions: { pending: Credential; current: Credential | undefined },
  ): Promise<void>;

  /**
   * Logs in with the credential at every endpoint, asserts the effective identity and probes its privileges.
   * Read-only, idempotent. @throws AuthenticationRefused, WrongEffectiveIdentity, PrivilegeLost, Target*.
   */
  verify(context: KindContext<Target>, credential: Credential): Promise<void>;

  /**
   * What the target knows of the use of a credential that retires, after `sinceMs`. Read-only.
   * @param promotedAtMs when every reader could have its successor: for targets that tell the two apart by a session's
   * age only. Default `sinceMs`.
   */
  lastUse(
    context: KindContext<Target>,
    credential: Credential,
    sinceMs: number,
    promotedAtMs?: number,
  ): Promise<LastUse>;

  /**
   * Makes the target refuse `retire`, reversibly (`facts.reversible`), and ends sessions that outlive it. No error if already
   * disabled or absent. A target that tells sessions apart by their age only ends those from before `promotedAtMs`, and
   * without it all. Answers with what a human must do first, where only a human can (`facts.disabledBy`): it is asked again then.
   */
  disable(
    context: KindContext<Target>,
    versions: { retire: Credential; keep: Credential; promotedAtMs?: number | undefined },
  ): Promise<HumanTask | void>;

  /**
   * Undoes `disable`. No error if already enabled. @throws CannotGoBack where Disable was final
   * @param keep what the target accepts beside it and must go on accepting: for targets that are told the whole list
   */
  enable(context: KindContext<Target>, credential: Credential, keep?: Credential): Promise<void>;

  /**
   * Logs in with `retire` and expects the authentication error at every endpoint, with `keep` accepted beside it.
   * @throws StillAccepted; NotProven when the control fails or the refusal is of another sort.
   */
  proveRefused(context: KindContext<Target>, versions: { retire: Credential; keep: Credential }): Promise<Refusal[]>;

  /** Ends a disabled credential for good, where the target can (`facts.destroys`). No error if already absent. */
  destroy(context: KindContext<Target>, credential: Credential): Promise<void>;

  /**
   * Ends a credential that nobody ever used: an abandoned pending version's, or a minted orphan. No error if absent.
   * @param known for an abandoned version: its credential, and the one of AWSCURRENT, which stays
   */
  discard(context: KindContext<Target>, identity: string, known?: Abandoned<Credential>): Promise<void>;
}

/** A kind whose value we invent. */
export interface ChosenKind<Target, Credential> extends CommonVerbs<Target, Credential> {
  readonly origin: 'chosen';
  /** The pending version's whole value. Touches nothing. */
  propose(target: Target, current: Credential | undefined, occasion?: Occasion): SecretValue;
  /**
   * The earliest instant at which `current` may get a successor; undefined: at once. Not asked in an emergency. Pure.
   * @param settledAtMs when the last consumer came to run on `current`; undefined when no rollout of it is on record.
   */
  notBefore?(target: Target, current: Credential, settledAtMs: number | undefined): number | undefined;
}

/** A live credential at the target, whoever made it. */
export interface LiveCredential {
  identity: string;
  /** False also when the target cannot tell. */
  neverUsed: boolean;
}

/** A kind whose value the provider invents. */
export interface MintedKind<Target, Credential> extends CommonVerbs<Target, Credential> {
  readonly origin: 'minted';
  /**
   * Identities of every credential that exists at the target, disabled ones included. Where the target keeps a name beside
   * each, only those that are marked as this secret's own: what nobody recorded of them is an orphan, never a stranger's.
   */
  listLive(context: KindContext<Target>): Promise<LiveCredential[]>;
  /**
   * Mints a credential for the version `token` and returns that version's whole value. Not idempotent: the Rotator's intent
   * tag makes it safe. @throws CredentialLimit
   */
  mint(
    context: KindContext<Target>,
    current: Credential | undefined,
    token: string,
    occasion?: Occasion,
  ): Promise<SecretValue>;
}

/** A kind whose value no API makes: a human brings it, and it waits under KEYTURN_SUPPLIED for its rotation. */
export interface BroughtKind<Target, Credential> extends CommonVerbs<Target, Credential> {
  readonly origin: 'brought';
  /**
   * The pending version's whole value, made of what waits (lib/core/supplied.ts). Undefined when it is the current one's
   * already. Touches nothing. @throws SecretMalformed when what waits cannot be used
   */
  accept(target: Target, supplied: SecretValue, current: Credential | undefined): SecretValue | undefined;
}

export type Kind<Target = unknown, Credential = unknown> =
  | ChosenKind<Target, Credential>
  | MintedKind<Target, Credential>
  | BroughtKind<Target, Credential>;
