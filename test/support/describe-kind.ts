import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, KeyturnError } from '../../lib/core/errors.ts';
import type { Kind, KindContext } from '../../lib/core/kind.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { render } from '../../lib/core/views/template.ts';

/** A consumer that uses a credential until it is told to stop (an open database session, a signed call now and then). */
export interface Use {
  /** Whether the target still serves it. Left out where a credential has no sessions that could outlive it. */
  alive?(): Promise<boolean>;
  /** Ends the use; returns when the target cannot see it any more. No error if the target ended it before. */
  end(): Promise<void>;
}

/** One target account of its own for one test, so that tests do not see each other's credentials. */
export interface KindEstate<Target> {
  readonly target: Target;
  /** A version's whole value, whose credential the target accepts. */
  readonly current: SecretValue;
  /** An identity of the right shape that does not exist at the target. */
  readonly absentIdentity: string;
  /** Values that aim elsewhere than the inventory, by what is wrong with them: `parse` must refuse each. */
  readonly mismatches: Readonly<Record<string, SecretValue>>;
  /** Other secret texts that the kind gets to see (the admin's password). None may ever be printed. */
  readonly otherSecrets: readonly string[];
  /** What the verbs get. With a signal of the caller's, or one that never aborts. */
  context(signal?: AbortSignal): KindContext<Target>;
  /** Logs in at the target by other means than the kind's client. Throws on whatever is neither a yes nor an authentication refusal. */
  logIn(value: SecretValue): Promise<'accepted' | 'refused'>;
  /** Logs in with what ends when `retire` goes and `keep` stays, where a version holds more than that. Default: `logIn(retire)`. */
  logInLeaving?(retire: SecretValue, keep: SecretValue): Promise<'accepted' | 'refused'>;
  /** Given where `facts.acceptedBy` is `consumers`: all of them come to run on this value, as after a refresh. */
  converge?(value: SecretValue): Promise<void>;
  /** Starts to use the credential, by other means than the kind's client. */
  use(value: SecretValue): Promise<Use>;
  /**
   * Given by targets that tell uses apart by their age only: lets so much time pass that what was used before is told
   * from what is used from now on, and returns the instant between them.
   */
  promotion?(): Promise<number>;
  /** Where people do what no API can: what waits for the next rotation, and the end of a credential by its identity. */
  readonly human?: { supply(): SecretValue; destroy(identity: string): Promise<void> };
  /** The same value with the same identity and a secret that the target does not know. */
  spoil(value: SecretValue): SecretValue;
  /** Whether the target tells of a credential's use; one that does not is never "used", as its inventory states. Default true. */
  readonly tellsUse?: boolean;
  /** Given where it takes what another account may have afterwards. */
  release?(): void;
  /** Given by targets with secrets beside the admin's (`facts.furtherSecretsOf`). */
  readonly further?: {
    /** What each of them says at first, by name. */
    readonly secrets: Readonly<Record<string, string>>;
    /** A kept one's new text arrives at the target. */
    deliver(secret: string, text: string): Promise<void>;
  };
  /** Failed logins that the target has seen so far, where it can tell. */
  failedLogins?(): Promise<number>;
}

/** A running target (a real server, a simulator) and the kind under test. */
export interface KindHarness<Target, Credential> {
  readonly kind: Kind<Target, Credential>;
  /** For the crash matrix: the four steps take no longer, of real time. Default 1. */
  readonly promotionSeconds?: number;
  /** A fresh account at the target with one live credential. */
  estate(): Promise<KindEstate<Target>>;
  /** So many crashes of the matrix may happen at the same time: their accounts have nothing in common. Default 1. */
  readonly atOnce?: number;
  /** Answers with what reads the target's log, where it has one, from now on. */
  log?(): Promise<() => Promise<string>>;
  stop(): Promise<void>;
}

/**
 * What every kind must do, chosen or minted. The assertions log in with credentials; they know nothing of how a kind
 * talks to its target. Every error that a verb throws is searched for every secret text of the test.
 *
 * Call it once per kind (and per version of its target):
 *
 *     describeKind('postgres 18', startPostgresHarness);
 *
 * @param start starts the target once for the whole suite; its harness's `stop` runs at the end.
 */
export function describeKind<Target, Credential>(
  name: string,
  start: () => Promise<KindHarness<Target, Credential>>,
): void {
  describe(`kind ${name}`, { timeout: 60_000 }, () => {
    let harness: KindHarness<Target, Credential>;
    beforeAll(async () => {
      harness = await start();
    }, 120_000);
    afterAll(() => harness?.stop(), 60_000);

    const begin = async () => new Scene(harness.kind, await harness.estate());
    /** Old and new both live, as after the four steps. */
    const rotated = async () => {
      const scene = await begin();
      const pending = await scene.makePending();
      await scene.kind.install(scene.context, { pending: pending.credential, current: scene.current.credential });
      return { ...scene.parts(), scene, old: scene.current, fresh: pending };
    };

    it('is told by its target, or by its consumers, as its facts say', async () => {
      const { kind, estate } = await begin();
      expect(estate.converge !== undefined).toBe(kind.facts.acceptedBy === 'consumers');
    });

    describe('install', () => {
      it('makes the target accept the new credential while the old one is still accepted', async () => {
        const { estate, old, fresh } = await rotated();
        expect(await estate.logIn(fresh.value)).toBe('accepted');
        expect(await estate.logIn(old.value)).toBe('accepted');
      });

      it('gives the new credential an identity of its own', async () => {
        const { kind, old, fresh } = await rotated();
        expect(kind.identify(fresh.credential)).not.toBe(kind.identify(old.credential));
      });

      it('runs again as it is, with the same outcome', async () => {
        const { kind, context, estate, old, fresh } = await rotated();
        await kind.install(context, { pending: fresh.credential, current: old.credential });
        expect(await estate.logIn(fresh.value)).toBe('accepted');
        expect(await estate.logIn(old.value)).toBe('accepted');
      });

      it('makes a first credential where no version has one yet', async () => {
        const scene = await begin();
        const first = await scene.makePending('first');
        await scene.kind.install(scene.context, { pending: first.credential, current: undefined });
        await scene.estate.converge?.(first.value);
        expect(await scene.estate.logIn(first.value)).toBe('accepted');
      });

      it('expects no login to fail, nor does verify', async () => {
        const scene = await begin();
        if (scene.estate.failedLogins === undefined) return;
        const before = await scene.estate.failedLogins();
        const pending = await scene.makePending();
        await scene.kind.install(scene.context, { pending: pending.credential, current: scene.current.credential });
        await scene.kind.verify(scene.context, pending.credential);
        expect((await scene.estate.failedLogins()) - before).toBe(0);
      });
    });

    describe('verify', () => {
      it('accepts the old and the new credential during the overlap', async () => {
        const { kind, context, old, fresh } = await rotated();
        await kind.verify(context, fresh.credential);
        await kind.verify(context, old.credential);
      });

      it('answers AuthenticationRefused to a secret that the target does not know', async () => {
        const { scene, kind, context, fresh } = await rotated();
        await scene.failure('AuthenticationRefused', kind.verify(context, scene.spoiled(fresh).credential));
      });
    });

    describe('lastUse', () => {
      it("sees the old credential's use from before the promotion, and not the new one's from after it", async () => {
        const { kind, context, estate, old, fresh } = await rotated();
        const oldUse = await estate.use(old.value);
        const promotedAtMs = (await estate.promotion?.()) ?? context.clock.nowMs();
        const freshUse = await estate.use(fresh.value);
        const use = (sinceMs: number) => kind.lastUse(context, old.credential, sinceMs, promotedAtMs);
        try {
          expect(await use(0)).toMatchObject({ state: estate.tellsUse === false ? 'unused' : 'used' });
          await oldUse.end();
          expect(await use(context.clock.nowMs() + 1)).toEqual({ state: 'unused' });
        } finally {
          await oldUse.end();
          await freshUse.end();
        }
      });

      it('sees a credential that is used, and no other', async () => {
        const { kind, context, estate, old, fresh } = await rotated();
        if (estate.promotion !== undefined) return;
        const sinceMs = context.clock.nowMs();
        const use = await estate.use(fresh.value);
        try {
          const state = estate.tellsUse === false ? 'unused' : 'used';
          expect(await kind.lastUse(context, fresh.credential, sinceMs)).toMatchObject({ state });
          expect(await kind.lastUse(context, old.credential, sinceMs)).toEqual({ state: 'unused' });
        } finally {
          await use.end();
        }
      });

      it('says unused once the use has ended before the instant asked for', async () => {
        const { kind, context, estate, old } = await rotated();
        const use = await estate.use(old.value);
        await use.end();
        expect(await kind.lastUse(context, old.credential, context.clock.nowMs() + 1)).toEqual({ state: 'unused' });
      });
    });

    describe('disable and enable', () => {
      it('makes the target refuse the old credential, ends its sessions and leaves the new one alone', async () => {
        const { scene, estate, old, fresh } = await rotated();
        const oldUse = await estate.use(old.value);
        const promotedAtMs = await estate.promotion?.();
        const freshUse = await estate.use(fresh.value);
        try {
          await scene.disable(old, fresh, promotedAtMs);
          expect(await scene.logInRetired(old, fresh)).toBe('refused');
          expect(await estate.logIn(fresh.value)).toBe('accepted');
          expect((await oldUse.alive?.()) ?? false).toBe(false);
          expect((await freshUse.alive?.()) ?? true).toBe(true);
        } finally {
          await oldUse.end();
          await freshUse.end();
        }
      });

      it('is no error when it is already disabled', async () => {
        const { scene, estate, old, fresh } = await rotated();
        await scene.disable(old, fresh);
        await scene.disable(old, fresh);
        expect(await scene.logInRetired(old, fresh)).toBe('refused');
        expect(await estate.logIn(fresh.value)).toBe('accepted');
      });

      it('comes back by enable, with the same value, also when it is enabled already; or says that it cannot', async () => {
        const { scene, kind, context, estate, old, fresh } = await rotated();
        await scene.enable(old, fresh);
        await scene.disable(old, fresh);
        if (kind.facts.reversible?.(estate.target) === false) {
          await scene.failure('CannotGoBack', kind.enable(context, old.credential, fresh.credential));
          expect(await estate.logIn(old.value)).toBe('refused');
          return;
        }
        await scene.enable(old, fresh);
        await scene.enable(old, fresh);
        expect(await estate.logIn(old.value)).toBe('accepted');
        expect(await estate.logIn(fresh.value)).toBe('accepted');
        expect(await scene.logInRetired(old, fresh)).toBe('accepted');
        await kind.verify(context, old.credential);
      });

      it('retires the new credential just as well, which is the way back', async () => {
        const { scene, estate, old, fresh } = await rotated();
        await scene.disable(fresh, old);
        expect(await scene.logInRetired(fresh, old)).toBe('refused');
        expect(await estate.logIn(old.value)).toBe('accepted');
      });
    });

    describe('proveRefused', () => {
      it('answers StillAccepted before disable', async () => {
        const { scene, kind, context, old, fresh } = await rotated();
        await scene.failure(
          'StillAccepted',
          kind.proveRefused(context, { retire: old.credential, keep: fresh.credential }),
        );
      });

      it("returns the target's own refusal of each endpoint after disable", async () => {
        const { scene, kind, context, old, fresh } = await rotated();
        const versions = { retire: old.credential, keep: fresh.credential };
        await scene.disable(old, fresh);
        const refusals = await kind.proveRefused(context, versions);
        expect(refusals.length).toBeGreaterThan(0);
        for (const refusal of refusals) {
          expect(refusal.endpoint).not.toBe('');
          expect(refusal.error).not.toBe('');
        }
      });

      it('proves nothing without a control that is accepted', async () => {
        const { scene, kind, context, old, fresh } = await rotated();
        await scene.disable(old, fresh);
        const versions = { retire: old.credential, keep: scene.spoiled(fresh).credential };
        await scene.failure('NotProven', kind.proveRefused(context, versions));
      });
    });

    describe('destroy and discard', () => {
      it('destroys twice without an error, the kept credential still accepted', async () => {
        const { scene, kind, context, estate, old, fresh } = await rotated();
        await scene.disable(old, fresh);
        await kind.destroy(context, old.credential);
        await kind.destroy(context, old.credential);
        expect(await scene.logInRetired(old, fresh)).toBe('refused');
        expect(await estate.logIn(fresh.value)).toBe('accepted');
      });

      it('leaves room for the next rotation, which brings yet another value', async () => {
        const { scene, kind, context, estate, old, fresh } = await rotated();
        await scene.disable(old, fresh);
        await kind.destroy(context, old.credential);
        const next = await scene.makePending(fresh.credential);
        await kind.install(context, { pending: next.credential, current: fresh.credential });
        expect(await estate.logIn(next.value)).toBe('accepted');
        expect(await estate.logIn(fresh.value)).toBe('accepted');
        expect(await scene.logInRetired(old, fresh)).toBe('refused');
      });

      it('discards a credential that nobody used, twice', async () => {
        const { scene, kind, context, estate, old, fresh } = await rotated();
        const known = { abandoned: fresh.credential, current: old.credential };
        await kind.discard(context, kind.identify(fresh.credential), known);
        await kind.discard(context, kind.identify(fresh.credential), known);
        // What only a human can end stays, and waits for its next rotation.
        expect(await scene.logInRetired(fresh, old)).toBe(estate.human ? 'accepted' : 'refused');
        expect(await estate.logIn(old.value)).toBe('accepted');
      });

      it('discards what does not exist without an error', async () => {
        const { kind, context, estate, old, fresh } = await rotated();
        const known = { abandoned: fresh.credential, current: old.credential };
        await kind.discard(context, kind.identify(fresh.credential), known);
        await kind.discard(context, estate.absentIdentity, known);
        expect(await estate.logIn(old.value)).toBe('accepted');
      });
    });

    describe('values', () => {
      it('finds no credential in the value that a created secret starts with', async () => {
        const { kind, estate } = await begin();
        const initial = SecretValue.of(JSON.stringify(kind.facts.initialValue(estate.target)));
        expect(kind.parse(initial, estate.target)).toBeUndefined();
      });

      it('refuses a value that is not one, and a target that is not one', async () => {
        const { kind, estate } = await begin();
        for (const text of ['', 'not JSON', '[]', '"text"', 'null']) {
          expect(thrown(() => kind.parse(SecretValue.of(text), estate.target)).code, text).toBe('SecretMalformed');
        }
        for (const target of [undefined, 42, 'text']) {
          expect(thrown(() => kind.facts.parseTarget(target)).code).toBe('InvalidInput');
        }
      });

      it('refuses a value that aims elsewhere than the inventory', async () => {
        const { kind, estate } = await begin();
        for (const [what, value] of Object.entries(estate.mismatches)) {
          expect(thrown(() => kind.parse(value, estate.target)).code, what).toBe('TargetMismatch');
        }
      });

      it('gives views exactly the fields that its facts promise', async () => {
        const { kind, estate, current } = (await begin()).parts();
        const template = Object.keys({ ...kind.facts.fields, ...kind.facts.fieldsOf?.(estate.target) })
          .map((field) => `{${field}}`)
          .join('');
        expect(() => render(template, current.value)).not.toThrow();
      });

      it('prints no secret text of a credential', async () => {
        const { scene, old, fresh } = await rotated();
        scene.searchForSecrets([old.credential, fresh.credential, fresh.value]);
      });
    });

    it('ends at once, with an error of its own, when its time is already over', async () => {
      const { scene, kind, old, fresh, estate } = await rotated();
      const context = estate.context(AbortSignal.abort());
      await scene.failure(undefined, kind.verify(context, fresh.credential));
      await scene.failure(undefined, kind.install(context, { pending: fresh.credential, current: old.credential }));
      await scene.failure(undefined, kind.disable(context, { retire: old.credential, keep: fresh.credential }));
      expect(await estate.logIn(old.value)).toBe('accepted');
    });
  });
}

/** A version's value and the credential in it. */
interface Version<Credential> {
  value: SecretValue;
  credential: Credential;
}

/** One test's estate, and every secret text that it has met. */
class Scene<Target, Credential> {
  readonly kind: Kind<Target, Credential>;
  readonly estate: KindEstate<Target>;
  readonly context: KindContext<Target>;
  readonly current: Version<Credential>;
  readonly #secrets: Set<string>;

  constructor(kind: Kind<Target, Credential>, estate: KindEstate<Target>) {
    this.kind = kind;
    this.estate = estate;
    this.context = estate.context();
    this.#secrets = new Set(estate.otherSecrets);
    this.current = this.#version(estate.current);
  }

  parts() {
    return { kind: this.kind, estate: this.estate, context: this.context, current: this.current };
  }

  /** What createSecret makes beside a current credential, or as the first one. */
  async makePending(beside: Credential | 'first' = this.current.credential): Promise<Version<Credential>> {
    const current = beside === 'first' ? undefined : beside;
    const { kind, estate } = this;
    if (kind.origin === 'chosen') return this.#version(kind.propose(estate.target, current));
    if (kind.origin === 'minted') return this.#version(await kind.mint(this.context, current, randomUUID()));
    const accepted = estate.human && kind.accept(estate.target, estate.human.supply(), current);
    if (accepted === undefined) throw new Error('the kind accepts what its human makes');
    return this.#version(accepted);
  }

  spoiled(version: Version<Credential>): Version<Credential> {
    return this.#version(this.estate.spoil(version.value));
  }

  /** The old credential's end: where consumers are what accepts, the rollout has seen them on `keep` by then. */
  async disable(retire: Version<Credential>, keep: Version<Credential>, promotedAtMs?: number): Promise<void> {
    await this.estate.converge?.(keep.value);
    const { kind, estate, context } = this;
    const versions = { retire: retire.credential, keep: keep.credential, promotedAtMs };
    const awaited = await kind.disable(context, versions);
    if (!awaited) return;
    // What only a human can do: until it is done the credential is left alone.
    expect(kind.facts.disabledBy).toBe('human');
    this.searchForSecrets(awaited);
    expect(awaited.task).toContain(kind.identify(retire.credential));
    await kind.verify(context, retire.credential);
    await estate.human?.destroy(kind.identify(retire.credential));
    expect(await kind.disable(context, versions)).toBeUndefined();
  }

  async enable(version: Version<Credential>, keep: Version<Credential>): Promise<void> {
    await this.kind.enable(this.context, version.credential, keep.credential);
    await this.estate.converge?.(version.value);
  }

  logInRetired(retire: Version<Credential>, keep: Version<Credential>): Promise<'accepted' | 'refused'> {
    const { estate } = this;
    return estate.logInLeaving ? estate.logInLeaving(retire.value, keep.value) : estate.logIn(retire.value);
  }

  /** Expects the verb to fail (with this code, where one is given) and searches its error for every secret text. */
  async failure(code: ErrorCode | undefined, verb: Promise<unknown>): Promise<KeyturnError> {
    const error = await verb.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error, 'the verb was to fail').toBeInstanceOf(KeyturnError);
    const failure = error as KeyturnError;
    if (code !== undefined) expect(failure.code, failure.message).toBe(code);
    this.searchForSecrets(failure);
    return failure;
  }

  searchForSecrets(what: unknown): void {
    const depth = { depth: Number.POSITIVE_INFINITY, showHidden: true };
    const printed = [inspect(what, depth), JSON.stringify(what), String(what)].join('\n');
    expect(this.#secrets.size).toBeGreaterThan(0);
    for (const secret of this.#secrets) expect(printed.includes(secret), 'a secret text was printed').toBe(false);
  }

  #version(value: SecretValue): Version<Credential> {
    const credential = this.kind.parse(value, this.estate.target);
    if (credential === undefined) throw new Error('the value holds no credential');
    const { facts } = this.kind;
    const roles = { ...facts.fields, ...facts.fieldsOf?.(this.estate.target) };
    for (const field of Object.keys(roles).filter((name) => roles[name] === 'secret')) {
      this.#secrets.add(render(`{${field}}`, value).reveal());
    }
    for (const text of facts.secretTexts?.(JSON.parse(value.reveal())) ?? []) this.#secrets.add(text);
    return { value, credential };
  }
}

function thrown(act: () => unknown): KeyturnError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(KeyturnError);
    return error as KeyturnError;
  }
  throw new Error('nothing was thrown');
}
