import { KeyturnError } from '../../../core/errors.ts';
import { at, textAt } from '../../../core/json-path.ts';
import type { KindContext, Refusal } from '../../../core/kind.ts';
import { proving } from '../proof.ts';
import { contentOf, matches } from './answer.ts';
import type { Described, Door, Placed } from './door.ts';
import type { Answer, HttpApi, Signature } from './http-api.ts';
import { inARow, patienceWith, pause } from './patience.ts';
import { originOf } from './place.ts';
import { fillPath } from './template.ts';

type SignIn = { state: 'accepted'; answer: Answer } | { state: 'refused'; error: string };

/** What a kind of keys knows of its own. */
export interface KeyKind<Target extends Placed, Credential extends { id: string }> {
  providerOf(target: Target): Described;
  /** How a request carries the key at this door. */
  signatureOf(context: KindContext<Target>, door: Door, credential: Credential): Signature;
  /** What it means that a new key is not accepted in time. */
  whyRefused(context: KindContext<Target>, door: Door, credential: Credential): Promise<KeyturnError>;
}

/** The verbs that try a key itself, at every door of its provider. */
export function signInOf<Target extends Placed, Credential extends { id: string }>(
  api: HttpApi,
  { providerOf, signatureOf, whyRefused }: KeyKind<Target, Credential>,
) {
  type Context = KindContext<Target>;

  async function install(context: Context, { pending }: { pending: Credential }): Promise<void> {
    const { clock, signal } = context;
    const provider = providerOf(context.target);
    const patience = patienceWith(provider);
    if (patience.settleMs > 0) await pause(patience.settleMs, clock, signal);
    for (const door of provider.doors) {
      const ask = () => signIn(context, door, pending);
      const answer = await inARow(ask, 'accepted', patience.inARow, patience.acceptedWithinMs, clock, signal);
      if (answer?.state !== 'accepted') throw await whyRefused(context, door, pending);
      assertIdentity(door, pending, answer.answer);
      assertRights(context, door, pending, answer.answer);
    }
  }

  async function verify(context: Context, credential: Credential): Promise<void> {
    for (const door of providerOf(context.target).doors) {
      const answer = await bestOfSeveral(context, door, credential);
      if (answer.state === 'refused')
        throw new KeyturnError('AuthenticationRefused', `${door.name} refuses key ${credential.id}: ${answer.error}`);
      assertIdentity(door, credential, answer.answer);
    }
  }

  async function proveRefused(
    context: Context,
    { retire, keep }: { retire: Credential; keep: Credential },
  ): Promise<Refusal[]> {
    const { clock, signal, target } = context;
    const provider = providerOf(target);
    const patience = patienceWith(provider);
    const refusals: Refusal[] = [];
    for (const door of provider.doors) {
      const ask = () => signIn(context, door, retire);
      const refusal = await proving(inARow(ask, 'refused', patience.inARow, patience.refusedWithinMs, clock, signal));
      if (refusal?.state !== 'refused')
        throw new KeyturnError(
          'StillAccepted',
          `${door.name} still accepts key ${retire.id}; it may be slow to tell it`,
        );
      const control = await proving(bestOfSeveral(context, door, keep));
      if (control.state === 'refused')
        throw new KeyturnError('NotProven', `no proof: ${door.name} refuses key ${keep.id} too`);
      await proving(Promise.resolve().then(() => assertIdentity(door, keep, control.answer)));
      refusals.push({ endpoint: door.name, error: refusal.error });
    }
    return refusals;
  }

  /** One server that is behind is no refusal: only several answers are. */
  async function bestOfSeveral(context: Context, door: Door, credential: Credential): Promise<SignIn> {
    const patience = patienceWith(providerOf(context.target));
    for (let row = 1; ; row += 1) {
      const answer = await signIn(context, door, credential);
      if (answer.state === 'accepted' || row === patience.inARow) return answer;
      await pause(2_000, context.clock, context.signal);
    }
  }

  /** Whether some door still accepts the key; it is not as soon as all of them refuse it. */
  async function isAccepted(context: Context, credential: Credential): Promise<boolean> {
    for (const door of providerOf(context.target).doors) {
      if ((await bestOfSeveral(context, door, credential)).state === 'accepted') return true;
    }
    return false;
  }

  async function signIn(context: Context, door: Door, credential: Credential): Promise<SignIn> {
    const { target, signal } = context;
    const answer = await api.send({
      method: 'GET',
      origin: originOf(providerOf(target), target, door.origin) ?? '',
      path: fillPath(door.path, target.parameters ?? {}),
      signature: signatureOf(context, door, credential),
      headers: door.headers,
      plaintext: target.plaintext !== undefined,
      signal,
    });
    if (matches(answer, door.accepted, door.body)) return { state: 'accepted', answer };
    if (matches(answer, door.refused, door.body)) return { state: 'refused', error: wordingOf(answer, door) };
    throw new KeyturnError(
      answer.status === 403 ? 'PrivilegeLost' : 'TargetFailed',
      `${door.name} answered ${answer.status} to key ${credential.id}, which is neither acceptance nor the refusal of a key`,
    );
  }

  return { install, verify, proveRefused, isAccepted };
}

/** The status, and the value of ours that matched: never the provider's own words, which may quote the key. */
function wordingOf(answer: Answer, door: Door): string {
  const match = door.refused.find((wanted) => matches(answer, [wanted], door.body));
  const content = contentOf(answer, door.body);
  const words = Object.entries(match?.where ?? {}).map(([path, values]) =>
    String(values.find((value) => value === at(content, path))),
  );
  return [`HTTP ${answer.status}`, ...words].join(' ');
}

/** @throws WrongEffectiveIdentity */
function assertIdentity(door: Door, { id }: { id: string }, answer: Answer): void {
  if (door.id === undefined || textAt(contentOf(answer, door.body), door.id) === id) return;
  throw new KeyturnError('WrongEffectiveIdentity', `${door.name} knows the value of key ${id} as another key's`);
}

/**
 * Of a new key only: an old one may lack what the inventory has gained since, and must still be good enough to go back to.
 * @throws PrivilegeLost
 */
function assertRights(
  { target }: { target: Placed },
  { name, holds, body }: Door,
  { id }: { id: string },
  answer: Answer,
): void {
  if (holds === undefined) return;
  const held = at(contentOf(answer, body), holds.path);
  const wanted = target.parameters?.[holds.parameter];
  const missing = (Array.isArray(wanted) ? wanted : []).filter((one) => !(Array.isArray(held) && held.includes(one)));
  if (missing.length === 0) return;
  throw new KeyturnError(
    'PrivilegeLost',
    `${name}: key ${id} lacks ${missing.join(', ')} of the inventory's ${holds.parameter}`,
  );
}
