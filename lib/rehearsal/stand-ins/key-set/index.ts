import type { SecretValue } from '../../../core/secret-value.ts';
import type { KeySet } from '../../../kinds/key-set/key-set.ts';
import { overlapSeconds, parseTarget, type Target, type Verifier } from '../../../kinds/key-set/schema.ts';
import { parseValue, proposeValue } from '../../../kinds/key-set/value.ts';
import type { SecretsManager } from '../../../simulator/services/secrets-manager/secrets-manager.ts';
import { CannotStart } from '../../estates/cannot-start.ts';
import { startAll } from '../by-server.ts';
import type { DeclaredSecret, StandIn, Verdict } from '../stand-in.ts';
import { type Door, openDoor } from './door.ts';
import { keysIn, shownBy } from './keys.ts';

const plaintext = 'the verifier of the rehearsal is on loopback';

/** Services themselves accept the keys: behind each verifier of the inventory is the service whose check has the same host. */
export const standIn: StandIn = {
  title: 'verifiers',
  sample: {
    target: {
      algorithm: 'HS256',
      maximumTokenLifeSeconds: 3600,
      verifiers: [{ url: 'https://key-set.example/me' }],
    },
    views: { 'kinds/JWT_SECRET_KEYS': '{acceptedKeys}' },
  },
  missing: undefined,
  async start(secrets, { world }) {
    const hosts = [...new Set(secrets.flatMap((secret) => verifiersOf(secret).map(({ url }) => new URL(url).host)))];
    const opened = await startAll(hosts, async () => {
      const door = await openDoor();
      return { ...door, stop: () => door.close() };
    });
    const doors = new Map<string, Door>(hosts.map((host, index) => [host, opened[index] as Door]));
    const atDoor = ({ url, ...rest }: Verifier): Verifier => {
      const { host, pathname, search } = new URL(url);
      return { ...rest, url: `${doors.get(host)?.origin}${pathname}${search}`, plaintext };
    };

    return {
      aim: ({ declaration }) => {
        const target = parseTarget(declaration.target);
        const { verifiers } = target;
        return { ...declaration, target: { ...target, ...(verifiers && { verifiers: verifiers.map(atDoor) }) } };
      },
      connect(originOf) {
        for (const [host, door] of doors) {
          const origin = originOf(host);
          if (origin === undefined) {
            throw new CannotStart(
              `no consumer has a check at ${host}, so nobody stands behind that verifier of a key-set`,
            );
          }
          door.leadTo(origin);
        }
      },
      credential: async (secret) => grownSet(parseTarget(secret.declaration.target)).parse((text) => text),
      /** Of a version that was superseded: the keys that left the set with it. */
      async ask(secret, value) {
        const { claims = {} } = parseTarget(secret.declaration.target);
        const stay = new Set(keysIn(currentOf(secret) ?? value).map(({ kid }) => kid));
        const gone = keysIn(value).filter(({ kid }) => !stay.has(kid));
        const asked = gone.length > 0 ? gone : keysIn(value).slice(0, 1);
        const verdicts = new Set<Verdict>();
        for (const verifier of verifiersOf(secret)) {
          for (const key of asked) verdicts.add(await show(verifier, await shownBy(key, claims)));
        }
        if (verdicts.size !== 1) throw new Error(`the verifiers answer ${[...verdicts].join(' and ') || 'nothing'}`);
        return verdicts.has('accepted') ? 'accepted' : 'refused';
      },
      settings(secret) {
        const { algorithm, claims } = parseTarget(secret.declaration.target);
        return { algorithm, claims: claims ?? {}, verifiers: verifiersOf(secret) };
      },
      log: async () => '',
      stop: async () => void (await Promise.all([...doors.values()].map((door) => door.close()))),
    };

    function currentOf({ name }: DeclaredSecret): string | undefined {
      const manager = world.service<SecretsManager>('secretsmanager');
      return manager.secrets().some((secret) => secret.name === name) ? manager.value(name) : undefined;
    }
  },
};

function verifiersOf({ declaration }: DeclaredSecret): readonly Verifier[] {
  return parseTarget(declaration.target).verifiers ?? [];
}

/** A complete set that has been in use for longer than anything that it signed: as two rotations have left it. */
function grownSet(target: Target): SecretValue {
  const first = parseValue(proposeValue(target, undefined), target) as KeySet;
  const nowMs = Date.now() - (overlapSeconds(target) + 86_400) * 1000;
  return proposeValue(target, first, { nowMs, emergency: false });
}

async function show({ url, header, before }: Verifier, token: string): Promise<Verdict> {
  const start = before ?? (header.toLowerCase() === 'authorization' ? 'Bearer ' : '');
  const response = await fetch(url, { headers: { [header]: `${start}${token}` } });
  await response.arrayBuffer();
  if (response.status === 200) return 'accepted';
  if (response.status === 401) return 'refused';
  throw new Error(`the verifier answered ${response.status}`);
}
