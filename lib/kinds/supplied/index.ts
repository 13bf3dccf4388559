import { KeyturnError } from '../../core/errors.ts';
import type { BroughtKind, HumanTask, KindContext, LastUse } from '../../core/kind.ts';
import { HttpApi } from '../shared/api-key/http-api.ts';
import { signInOf } from '../shared/api-key/sign-in.ts';
import { accept, type Credential, parseCredential } from './credential.ts';
import { supplied } from './facts.ts';
import { providerOf, type Target } from './target.ts';

type Context = KindContext<Target>;

export function createKind(): BroughtKind<Target, Credential> {
  const { install, verify, proveRefused, isAccepted } = signInOf<Target, Credential>(new HttpApi(), {
    providerOf,
    signatureOf: ({ target }, _, { value }) => ({ by: 'header', ...providerOf(target).sends, key: value }),
    whyRefused: async (_, { name }, { id }) =>
      new KeyturnError(
        'PendingPoisoned',
        `${name} refuses key ${id}, the value that was supplied; it waits no longer: run keyturn supply with a good one`,
      ),
  });

  /** A human is only asked to destroy the old key while the new one is seen to work. */
  async function disable(
    context: Context,
    { retire, keep }: { retire: Credential; keep: Credential },
  ): Promise<HumanTask | void> {
    if (retire.id === keep.id || retire.value.equals(keep.value)) {
      throw new KeyturnError('CurrentMoved', `key ${keep.id} is to be kept and to be retired; nobody was asked to`);
    }
    await verify(context, keep);
    if (!(await isAccepted(context, retire))) return;
    return { task: `destroy key ${retire.id} at ${providerOf(context.target).where}` };
  }

  async function enable(context: Context, credential: Credential): Promise<void> {
    if (await isAccepted(context, credential)) return;
    throw new KeyturnError(
      'CannotGoBack',
      `key ${credential.id} is refused, and what a human destroyed stays so; go forward with the new one`,
    );
  }

  return {
    facts: supplied,
    origin: 'brought',
    parse: parseCredential,
    identify: ({ id }) => id,
    accept,
    install,
    verify,
    lastUse: async (): Promise<LastUse> => ({ state: 'unused' }),
    disable,
    enable,
    proveRefused,
    /** Disable has seen to it. */
    destroy: async () => undefined,
    /** What nobody used waits for its next rotation, or is a human's to destroy. */
    discard: async () => undefined,
  };
}
