import { randomUUID } from 'node:crypto';
import { KeyturnError } from '../../lib/core/errors.ts';
import type { ChosenKind, Kind, KindContext, KindFacts, MintedKind } from '../../lib/core/kind.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';

/** One credential as the target has it. */
interface Account {
  password: string;
  enabled: boolean;
  used: boolean;
}

/** A target in memory: names with passwords. What a login says is all that the tests ask of it. */
export class MemoryTarget {
  readonly accounts = new Map<string, Account>();
  /** Logins by name, oldest first. */
  readonly logins: { name: string; accepted: boolean }[] = [];
  /** What the target says of sessions by a name. */
  inUse = new Set<string>();
  limit = Number.POSITIVE_INFINITY;

  logIn(name: string, password: string): boolean {
    const account = this.accounts.get(name);
    const accepted = account?.enabled === true && account.password === password;
    if (accepted) account.used = true;
    this.logins.push({ name, accepted });
    return accepted;
  }

  accepts(value: SecretValue): boolean {
    const { name, password } = value.parse((text) => JSON.parse(text));
    return this.logIn(name, password);
  }
}

interface Credential {
  name: string;
  password: SecretValue;
}

const facts: KindFacts<unknown> = {
  id: 'memory',
  title: 'names and passwords in memory',
  origin: 'chosen',
  overlap: 'alternating-users',
  destroys: true,
  evidence: { lastUse: 'sessions', disable: 'flag', destroy: 'delete', provenDead: 'login' },
  fields: { name: 'identity', password: 'secret', host: 'plain' },
  parseTarget: (target) => target,
  adminSecretOf: () => undefined,
  initialValue: () => ({}),
  needs: { rotate: () => [], retire: () => [], network: false },
};

function parse(value: SecretValue): Credential | undefined {
  const { name, password } = value.parse((text) => JSON.parse(text) as { name?: string; password?: string });
  return name === undefined || password === undefined ? undefined : { name, password: SecretValue.of(password) };
}

/** Two names in turn. */
function otherName(name: string): string {
  return name.endsWith('_clone') ? name.replace(/_clone$/, '') : `${name}_clone`;
}

function newValue(name: string): SecretValue {
  return SecretValue.of(JSON.stringify({ name, password: `pass/${randomUUID()}`, host: 'memory.internal' }));
}

function commonVerbs(target: MemoryTarget) {
  const logIn = ({ name, password }: Credential) => target.logIn(name, password.reveal());
  const mustLogIn = (credential: Credential) => {
    if (!logIn(credential)) throw new KeyturnError('AuthenticationRefused', `${credential.name} was refused`);
  };
  return {
    parse: (value: SecretValue) => parse(value),
    identify: ({ name }: Credential) => name,
    verify: async (_: KindContext<unknown>, credential: Credential) => mustLogIn(credential),
    async lastUse(_: KindContext<unknown>, { name }: Credential) {
      return target.inUse.has(name)
        ? ({ state: 'used', detail: `${name} has a session` } as const)
        : ({ state: 'unused' } as const);
    },
    async disable(_: KindContext<unknown>, { retire }: { retire: Credential }) {
      const account = target.accounts.get(retire.name);
      if (account) account.enabled = false;
    },
    async enable(_: KindContext<unknown>, { name }: Credential) {
      const account = target.accounts.get(name);
      if (account) account.enabled = true;
    },
    async proveRefused(_: KindContext<unknown>, { retire, keep }: { retire: Credential; keep: Credential }) {
      if (!logIn(keep)) throw new KeyturnError('NotProven', 'the control was refused');
      if (logIn(retire)) throw new KeyturnError('StillAccepted', `${retire.name} still logs in`);
      return [{ endpoint: 'memory', error: 'refused' }];
    },
    async destroy(_: KindContext<unknown>, { name }: Credential) {
      target.accounts.delete(name);
    },
    async discard(_: KindContext<unknown>, name: string) {
      target.accounts.delete(name);
    },
  };
}

/** A kind whose value we invent, with two names in turn. */
export function chosenMemoryKind(target: MemoryTarget): Kind {
  const kind: ChosenKind<unknown, Credential> = {
    ...commonVerbs(target),
    facts,
    origin: 'chosen',
    propose: (_, current) => newValue(otherName(current?.name ?? 'app_clone')),
    async install(_, { pending }) {
      target.accounts.set(pending.name, { password: pending.password.reveal(), enabled: true, used: false });
      if (!target.logIn(pending.name, pending.password.reveal()))
        throw new KeyturnError('AuthenticationRefused', 'refused');
    },
  };
  return kind as Kind;
}

/** A kind whose value the target invents: each mint makes another name. */
export function mintedMemoryKind(target: MemoryTarget): Kind {
  let minted = 0;
  const kind: MintedKind<unknown, Credential> = {
    ...commonVerbs(target),
    facts: { ...facts, origin: 'minted', overlap: 'two-slots' },
    origin: 'minted',
    async listLive() {
      return [...target.accounts].map(([identity, { used }]) => ({ identity, neverUsed: !used }));
    },
    async mint() {
      if (target.accounts.size >= target.limit) throw new KeyturnError('CredentialLimit', 'no room for one more');
      minted += 1;
      const value = newValue(`key${minted}`);
      const { name, password } = value.parse((text) => JSON.parse(text));
      target.accounts.set(name, { password, enabled: true, used: false });
      return value;
    },
    async install(_, { pending }) {
      if (!target.logIn(pending.name, pending.password.reveal()))
        throw new KeyturnError('AuthenticationRefused', 'refused');
    },
  };
  return kind as Kind;
}
