import { KeyturnError } from '../../core/errors.ts';
import { at, textAt } from '../../core/json-path.ts';
import type { LastUse } from '../../core/kind.ts';
import type { HttpApi } from '../shared/api-key/http-api.ts';
import type { Credential } from './credential.ts';
import { type Context, Keys } from './keys.ts';
import type { Provider } from './provider.ts';
import { providerOf } from './target.ts';

type Told = NonNullable<Provider['lastUse']>;

/** The instant of a use, at the latest that it may have been: the figure may be cut to seconds. Undefined: never. */
export function useAtMs(
  item: unknown,
  { at: path, form }: Pick<Told, 'at' | 'form'>,
): number | undefined | 'unreadable' {
  const told = at(item, path);
  if (told === undefined || told === null) return undefined;
  const ms = form === 'seconds' ? Number(told) * 1000 : Date.parse(String(told));
  return Number.isFinite(ms) ? ms + (ms % 1000 === 0 ? 999 : 0) : 'unreadable';
}

/** What the provider tells of the key's use. Where it tells nothing, the inventory has said that this may be so. */
export async function lastUse(api: HttpApi, context: Context, { id }: Credential, sinceMs: number): Promise<LastUse> {
  const provider = providerOf(context.target);
  const told = provider.lastUse;
  if (told === undefined) return { state: 'unused' };
  try {
    const keys = new Keys(api, context);
    const item = (await keys.items(told)).find((candidate) => textAt(candidate, told.id) === id);
    if (item === undefined) {
      if ((await keys.find(id)) === undefined) return { state: 'unused' };
      return { state: 'unknown', detail: `${provider.id} does not tell when key ${id} was last used` };
    }
    const usedAtMs = useAtMs(item, told);
    if (usedAtMs === 'unreadable')
      return { state: 'unknown', detail: `${provider.id} tells the last use of key ${id} in an unknown form` };
    if (usedAtMs === undefined || usedAtMs <= sinceMs) return { state: 'unused' };
    return {
      state: 'used',
      detail: `key ${id} was used at ${new Date(usedAtMs).toISOString()} (its latest use that ${provider.id} tells)`,
    };
  } catch (error) {
    if (error instanceof KeyturnError) return { state: 'unknown', detail: error.message };
    throw error;
  }
}
