import { KeyturnError } from '../../core/errors.ts';
import type { LiveCredential, MintedKind } from '../../core/kind.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { HttpApi } from '../shared/api-key/http-api.ts';
import { acceptanceOf } from './acceptance.ts';
import { type Credential, parseCredential, renderCredential } from './credential.ts';
import { httpApiKey } from './facts.ts';
import { type Context, Keys } from './keys.ts';
import { lastUse } from './last-use.ts';
import { markOf, restoredName } from './mark.ts';
import { randomKey } from './random-key.ts';
import { providerOf, type Target } from './target.ts';

export function createKind(): MintedKind<Target, Credential> {
  const api = new HttpApi();
  const keysOf = (context: Context) => new Keys(api, context);
  const markIn = ({ target, secretArn }: Context) => markOf(secretArn, providerOf(target).nameLength);

  /**
   * Only keys with this secret's mark. A marked key that no version records was minted by a try whose put never happened:
   * its value was never stored, so nobody can have used it.
   */
  async function listLive(context: Context): Promise<LiveCredential[]> {
    const mark = markIn(context);
    const own = (await keysOf(context).list()).filter(({ name }) => name.startsWith(mark));
    return own.map(({ identity }) => ({ identity, neverUsed: true }));
  }

  async function mint(context: Context, current: Credential | undefined, token: string): Promise<SecretValue> {
    const { valueLength } = providerOf(context.target).create;
    const value = valueLength === undefined ? SecretValue.of('') : randomKey(valueLength);
    const minted = await keysOf(context).create(`${markIn(context)}${token}`, value);
    return renderCredential(context.target, minted, current);
  }

  async function disable(context: Context, { retire, keep }: { retire: Credential; keep: Credential }): Promise<void> {
    if (retire.id === keep.id) {
      throw new KeyturnError('CurrentMoved', `key ${keep.id} is to be kept and to be retired; it was left alone`);
    }
    const keys = keysOf(context);
    if (providerOf(context.target).disable.by === 'status') await keys.setStatus(retire.id, 'off');
    else await keys.remove(retire.id);
  }

  async function enable(context: Context, credential: Credential): Promise<void> {
    const { id: provider, disable: how } = providerOf(context.target);
    const keys = keysOf(context);
    const gone = (why: string) =>
      new KeyturnError(
        'CannotGoBack',
        `key ${credential.id} does not exist any more${why}; go forward with the new one`,
      );
    if (how.by === 'status') {
      if ((await keys.setStatus(credential.id, 'on')) === 'absent') throw gone('');
      return;
    }
    if ((await keys.find(credential.id)) !== undefined) return;
    if (how.undo === 'none') throw gone(`: ${provider} knows no disabled keys, and deleting one is final`);
    try {
      await keys.create(restoredName(markIn(context), credential.id), credential.value);
    } catch (error) {
      // Another attempt may have been first: one value makes one key.
      if ((await keys.find(credential.id)) === undefined) throw error;
    }
  }

  async function destroy(context: Context, { id }: Credential): Promise<void> {
    const keys = keysOf(context);
    if (providerOf(context.target).disable.by === 'status' && (await keys.status(id)) === 'on') {
      throw new KeyturnError(
        'StillAccepted',
        `key ${id} is enabled: only one that was disabled and proven dead is deleted`,
      );
    }
    await keys.remove(id);
  }

  /** @throws UnknownCredential when the key does not bear this secret's mark: Keyturn did not mint it for this secret. */
  async function discard(context: Context, identity: string): Promise<void> {
    const keys = keysOf(context);
    const entry = await keys.find(identity);
    if (entry === undefined) return;
    if (!entry.name.startsWith(markIn(context))) {
      throw new KeyturnError(
        'UnknownCredential',
        `key ${identity} was to be discarded, but its name does not say that Keyturn minted it for this secret; find out whose it is`,
      );
    }
    await keys.remove(identity);
  }

  const kind = {
    facts: httpApiKey,
    origin: 'minted' as const,
    parse: parseCredential,
    identify: ({ id }: Credential) => id,
    fields: ({ provider, id, value }: Credential) => ({
      provider: SecretValue.of(provider),
      id: SecretValue.of(id),
      value,
    }),
    ...acceptanceOf(api),
    listLive,
    mint,
    lastUse: (context: Context, credential: Credential, sinceMs: number) => lastUse(api, context, credential, sinceMs),
    disable,
    enable,
    destroy,
    discard,
  };
  return kind;
}
