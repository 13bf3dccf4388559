import * as z from 'zod/mini';
import { text } from '../shared/api-key/door.ts';
import { type Mistake, originMistake, parameterMistake, placeFields, presetMistake } from '../shared/api-key/place.ts';
import { placeholdersOf } from '../shared/api-key/template.ts';
import { presets } from './presets/index.ts';
import { Provider } from './provider.ts';

/** The inventory's `target` of a supplied secret. Parsing it twice changes nothing. */
export const Target = z
  .strictObject({
    /** A preset's id, or a provider described in full. */
    provider: z.union([z.string(), Provider], {
      error: `not one of ${Object.keys(presets).join(', ')}, and no whole description of a provider`,
    }),
    ...placeFields,
    /** Why a human may destroy the old key although nobody can tell whether it is still used. */
    noLastUse: text,
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
  return doorMistake(provider) ?? parameterMistake(provider, target) ?? originMistake(provider, target);
}

function doorMistake({ doors, origins, parameters }: Provider): Mistake | undefined {
  const path = ['provider', 'doors'];
  const unknown = placeholdersOf({ doors, origins }).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) return { path, message: `{${unknown}} is none of its parameters` };
  for (const { name, origin, signs, id } of doors) {
    if (!Object.hasOwn(origins, origin)) return { path, message: `${name} is at ${origin}, which is no origin` };
    if (signs !== 'header') return { path, message: `${name}: a supplied key is sent in a header` };
    // The identity is what a human called the key.
    if (id !== undefined) return { path, message: `${name}: the answer's id is not compared; leave it out` };
  }
  return undefined;
}

/** The target's provider, described. Of a target that was parsed. */
export function providerOf({ provider }: Target): Provider {
  if (typeof provider !== 'string') return provider;
  const preset = presets[provider];
  if (preset === undefined) throw new Error(`there is no preset ${provider}`);
  return preset;
}
