import * as z from 'zod/mini';
import { text } from '../shared/api-key/door.ts';
import { type Mistake, originMistake, parameterMistake, placeFields, presetMistake } from '../shared/api-key/place.ts';
import { placeholdersOf } from '../shared/api-key/template.ts';
import { presets } from './presets/index.ts';
import { Provider } from './provider.ts';

/** Filled in by Keyturn. */
const own = ['id', 'name', 'value'];

/** The inventory's `target` of an http-api-key secret. Parsing it twice changes nothing. */
export const Target = z
  .strictObject({
    /** A preset's id, or a provider described in full. */
    provider: z.union([z.string(), Provider], {
      error: `not one of ${Object.keys(presets).join(', ')}, and no whole description of a provider`,
    }),
    /** The secret with Keyturn's own key at the provider, by name or ARN: `{"value": "…"}`, or the bare key. */
    adminSecret: text,
    ...placeFields,
    /** Why the old key may die although nobody can tell whether it is still used; wanted where the provider does not tell. */
    noLastUse: z.optional(text),
  })
  .check((context) => {
    const mistake = mistakeIn(context.value);
    if (mistake) context.issues.push({ code: 'custom', input: undefined, ...mistake });
  });
export type Target = z.infer<typeof Target>;

function mistakeIn(target: Target): Mistake | undefined {
  const unknown = presetMistake(target.provider, presets);
  if (unknown) return unknown;
  const provider = providerOf(target);
  return (
    placeholderMistake(provider) ??
    parameterMistake(provider, target) ??
    originMistake(provider, target) ??
    lastUseMistake(provider, target)
  );
}

function placeholderMistake(provider: Provider): Mistake | undefined {
  const known = new Set([...own, ...Object.keys(provider.parameters)]);
  const { list, create, remove, disable, doors, lastUse, origins } = provider;
  const unknown = placeholdersOf({ list, create, remove, disable, doors, lastUse, origins }).find(
    (name) => !known.has(name),
  );
  if (unknown !== undefined) return { path: ['provider'], message: `{${unknown}} is none of its parameters` };
  const origin = doors.map((door) => door.origin).find((name) => !Object.hasOwn(origins, name));
  if (origin !== undefined || origins['api'] === undefined)
    return { path: ['provider', 'origins'], message: `${origin ?? 'api'} is missing` };
  const clash = Object.keys(provider.derived ?? {}).find((field) => [...own, 'provider'].includes(field));
  return clash === undefined ? undefined : { path: ['provider', 'derived'], message: `${clash} is a field already` };
}

function lastUseMistake(provider: Provider, { noLastUse }: Target): Mistake | undefined {
  const told = provider.lastUse !== undefined && provider.lastUse.partial !== true;
  if (!told && noLastUse === undefined)
    return {
      path: ['noLastUse'],
      message: `${provider.id} does not tell every use of a key: state why the old key may die without that, as noLastUse: '<reason>'`,
    };
  if (told && noLastUse !== undefined)
    return { path: ['noLastUse'], message: `${provider.id} tells every use of a key` };
  return undefined;
}

/** The target's provider, described. Of a target that was parsed. */
export function providerOf({ provider }: Target): Provider {
  if (typeof provider !== 'string') return provider;
  const preset = presets[provider];
  if (preset === undefined) throw new Error(`there is no preset ${provider}`);
  return preset;
}
