import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';
import type { KindContext } from '../../../lib/core/kind.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import type { Algorithm, Jwk } from '../../../lib/kinds/key-set/algorithms.ts';
import { keySet } from '../../../lib/kinds/key-set/facts.ts';
import { createKind } from '../../../lib/kinds/key-set/index.ts';
import type { KeySet } from '../../../lib/kinds/key-set/key-set.ts';
import type { Target } from '../../../lib/kinds/key-set/schema.ts';
import { signingKey } from '../../../lib/kinds/key-set/signing-key.ts';
import { proposeValue, renderValue } from '../../../lib/kinds/key-set/value.ts';
import { realClock } from '../../support/clocks.ts';
import type { KindEstate, KindHarness } from '../../support/describe-kind.ts';
import { VerifierService } from './verifier-service.ts';

export const kind = createKind();

export function fieldsIn(value: SecretValue): Record<string, string> {
  return JSON.parse(value.reveal()) as Record<string, string>;
}

/** The keys of a value as texts: private JWKs, or API keys. */
function keysIn(value: SecretValue): { kid: string; text: string }[] {
  const { keys } = JSON.parse(value.reveal()) as { keys: Record<string, JWK & { token?: string }> };
  return Object.values(keys).map((key) => ({ kid: key.kid ?? '', text: key.token ?? JSON.stringify(key) }));
}

/** What a holder of the key shows, made by jose alone. */
export async function tokenBy(text: string, claims: Record<string, unknown> = {}): Promise<string> {
  if (!text.startsWith('{')) return text;
  const jwk = JSON.parse(text) as JWK & { alg: string; kid: string };
  return new SignJWT({ sub: 'somebody', ...claims })
    .setProtectedHeader({ alg: jwk.alg, kid: jwk.kid })
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importJWK(jwk, jwk.alg));
}

/** A complete set whose current key has been in use for long, as two rotations leave it. */
export function grownSet(target: Target): SecretValue {
  const read = (value: SecretValue) => kind.parse(value, target) as KeySet;
  const first = read(proposeValue(target, undefined));
  return proposeValue(target, first, { nowMs: Date.now() - 86_400_000, emergency: false });
}

/** The kind with keys of one algorithm, before real verifiers. */
export async function startWith(algorithm: Algorithm): Promise<KindHarness<Target, KeySet>> {
  const services: VerifierService[] = [];
  let first: SecretValue | undefined;
  return {
    kind,
    async estate() {
      const service = new VerifierService();
      services.push(service);
      await service.start();
      const target = targetAt(service, algorithm);
      // Keys of RSA take their time; what each test makes beside them is its own.
      first ??= grownSet(target);
      return estateOf(service, target, first);
    },
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
    },
  };
}

function targetAt(service: VerifierService, algorithm: Algorithm): Target {
  return keySet.parseTarget({
    algorithm,
    // So short that the next rotation may follow at once.
    ...(algorithm === 'opaque'
      ? { holdersFetchWithinSeconds: 0.001, prefix: 'test_' }
      : { maximumTokenLifeSeconds: 0.001 }),
    verifiers: [{ url: service.url, plaintext: 'on this machine' }],
  });
}

function estateOf(service: VerifierService, target: Target, current: SecretValue): KindEstate<Target> {
  const { algorithm } = target;
  service.reload(fieldsIn(current));
  const context = (signal = new AbortController().signal): KindContext<Target> => ({
    target,
    secretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/keys-AbCdEf',
    admin: () => Promise.reject(new Error('there is no admin')),
    clock: realClock,
    signal,
  });
  const logIn = async (value: SecretValue) => {
    const { apiKey, jwk = '' } = fieldsIn(value);
    return (await service.accepts(await tokenBy(apiKey ?? jwk))) ? 'accepted' : 'refused';
  };
  return {
    target,
    current,
    absentIdentity: 'nobody+nothing',
    mismatches: { algorithm: SecretValue.of(JSON.stringify({ algorithm: algorithm === 'HS256' ? 'HS512' : 'HS256' })) },
    otherSecrets: keysIn(current).map(({ text }) => text),
    context,
    logIn,
    async logInLeaving(retire, keep) {
      const stay = new Set(keysIn(keep).map(({ kid }) => kid));
      const gone = keysIn(retire).filter(({ kid }) => !stay.has(kid));
      if (gone.length === 0) return logIn(retire);
      const answers = await Promise.all(gone.map(async ({ text }) => service.accepts(await tokenBy(text))));
      return answers.some((accepted) => accepted) ? 'accepted' : 'refused';
    },
    async converge(value) {
      service.reload(fieldsIn(value));
    },
    async use(value) {
      await logIn(value);
      return { end: async () => undefined };
    },
    spoil(value) {
      const set = kind.parse(value, target) as KeySet;
      return renderValue({ algorithm, set: { ...set, current: { ...set.current, secret: another(algorithm, set) } } });
    },
    tellsUse: false,
    failedLogins: async () => service.refusals,
  };
}

/** Another key under the current one's id. */
function another(algorithm: Algorithm, { current: { kid } }: KeySet): SecretValue {
  if (algorithm === 'opaque') return SecretValue.of(`${kid}_${randomBytes(16).toString('hex')}`);
  return signingKey(newJwk(algorithm), kid, algorithm).secret;
}

function newJwk(algorithm: Algorithm): Jwk {
  if (algorithm.startsWith('HS'))
    return { kty: 'oct', k: Buffer.from(randomBytes(32).toString('hex')).toString('base64url') };
  const pairs = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };
  return pairs[algorithm as keyof typeof pairs]().privateKey.export({ format: 'jwk' }) as Jwk;
}

/** With keys that are quick to make. */
export function startHarness(): Promise<KindHarness<Target, KeySet>> {
  return startWith('EdDSA');
}
