import * as z from 'zod/mini';
import { type Described, type Placed, text } from './door.ts';
import { fillPath } from './template.ts';

/** What is wrong with an inventory's target, and where. */
export interface Mistake {
  path: string[];
  message: string;
}

/** What an inventory's target says of where a provider is asked. */
export const placeFields = {
  /** What the provider asks for. */
  parameters: z.optional(z.record(z.string(), z.unknown())),
  /** Where the provider is asked, by the names of its origins; default its first ones. */
  origins: z.optional(z.record(z.string(), z.string())),
  /** Why it is right to ask without TLS; only for origins on this machine. */
  plaintext: z.optional(text),
};

/** A provider that is named must be one of the presets. Pure. */
export function presetMistake(provider: unknown, presets: Readonly<Record<string, unknown>>): Mistake | undefined {
  if (typeof provider !== 'string' || Object.hasOwn(presets, provider)) return undefined;
  return { path: ['provider'], message: `no preset; use one of ${Object.keys(presets).join(', ')}, or describe it` };
}

/** One part of a path: no slash, and neither `.` nor `..`. */
const pathPart = /^[A-Za-z0-9][\w.-]*$/;

/** Parameters that are missing, unknown, or no part of a path. */
export function parameterMistake(provider: Described, { parameters = {} }: Placed): Mistake | undefined {
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
export function originMistake(provider: Described, target: Placed): Mistake | undefined {
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

/** Where an origin of the provider is asked: as the inventory says, else at its first host. */
export function originOf(provider: Described, target: Placed, name: string): string | undefined {
  const [first] = provider.origins[name] ?? [];
  return target.origins?.[name] ?? (first && fillPath(first, target.parameters ?? {}));
}
