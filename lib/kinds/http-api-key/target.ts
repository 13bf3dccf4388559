import * as z from 'zod/mini';
import { presets } from './presets/index.ts';
import { Provider } from './provider.ts';
import { fillPath, placeholdersOf } from './template.ts';

const text = z.string().check(z.minLength(1, { error: 'must not be empty' }));

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
    /** What the provider asks for. */
    parameters: z.optional(z.record(z.string(), z.unknown())),
    /** Where the provider is asked, by the names of its origins; default its first ones. */
    origins: z.optional(z.record(z.string(), z.string())),
    /** Why it is right to ask without TLS; only for origins on this machine. */
    plaintext: z.optional(text),
    /** Why the old key may die although nobody can tell whether it is still used; wanted where the provider does not tell. */
    noLastUse: z.optional(text),
  })
  .check((context) => {
    const mistake = mistakeIn(context.value);
    if (mistake) context.issues.push({ code: 'custom', input: undefined, ...mistake });
  });
export type Target = z.infer<typeof Target>;

interface Mistake {
  path: string[];
  message: string;
}

function mistakeIn(target: Target): Mistake | undefined {
  if (typeof target.provider === 'string' && !Object.hasOwn(presets, target.provider)) {
    return { path: ['provider'], message: `no preset; use one of ${Object.keys(presets).join(', ')}, or describe it` };
  }
  const provider = providerOf(target);
  return (
    placeholderMistake(provider) ??
    parameterMistake(provider, target.parameters ?? {}) ??
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

/** One part of a path: no slash, and neither `.` nor `..`. */
const pathPart = /^[A-Za-z0-9][\w.-]*$/;

function parameterMistake(provider: Provider, parameters: Readonly<Record<string, unknown>>): Mistake | undefined {
  for (const [name, form] of Object.entries(provider.parameters)) {
    const value = parameters[name];
    const path = ['parameters', name];
    if (value === undefined) return { path, message: `${provider.id} needs it` };
    if (form === 'text' && !(typeof value === 'string' && pathPart.test(value)))
      return { path, message: 'not a name or id of letters, digits, ".", "_" and "-"' };
  }
  for (const { holds } of provider.doors) {
    if (holds !== undefined && !isTexts(parameters[holds.parameter]))
      return { path: ['parameters', holds.parameter], message: 'not a list of texts' };
  }
  const unknown = Object.keys(parameters).find((name) => !Object.hasOwn(provider.parameters, name));
  return unknown === undefined ? undefined : { path: ['parameters', unknown], message: `${provider.id} knows none` };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

/**
 * The hosts that get keys are fixed here: a preset's own, or what the inventory names for a provider that everybody runs for
 * himself. TLS, or this machine with a reason.
 */
function originMistake(provider: Provider, target: Target): Mistake | undefined {
  for (const [name, chosen] of Object.entries(target.origins ?? {})) {
    const path = ['origins', name];
    const allowed = provider.origins[name]?.map((origin) => fillPath(origin, target.parameters ?? {}));
    if (allowed === undefined) return { path, message: `${provider.id} knows none` };
    const url = URL.parse(chosen);
    if (url === null || url.origin !== chosen)
      return { path, message: 'not an origin such as https://search.example:8108, without a path' };
    const local = isLoopback(url);
    if (url.protocol === 'http:' && !(local && target.plaintext !== undefined))
      return { path, message: "not encrypted: use https, or for this machine alone state plaintext: '<reason>'" };
    if (allowed.length > 0 && !allowed.includes(chosen) && !local)
      return { path, message: `not a host of ${provider.id}: use ${allowed.join(' or ')}` };
  }
  const missing = Object.keys(provider.origins).find((name) => originOf(provider, target, name) === undefined);
  if (missing !== undefined) return { path: ['origins', missing], message: `${provider.id} needs it` };
  const encrypted = Object.keys(provider.origins).every(
    (name) => !originOf(provider, target, name)?.startsWith('http:'),
  );
  if (target.plaintext !== undefined && encrypted)
    return { path: ['plaintext'], message: 'has no meaning where every origin is https' };
  return undefined;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
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

/** Where an origin of the provider is asked: as the inventory says, else at its first host. */
export function originOf(provider: Provider, target: Target, name: string): string | undefined {
  const [first] = provider.origins[name] ?? [];
  return target.origins?.[name] ?? (first && fillPath(first, target.parameters ?? {}));
}
