import * as z from 'zod/mini';
import { Door, text } from '../shared/api-key/door.ts';

/** A provider whose keys people make and destroy in its dashboard, as data: how a key is sent, and how a live and a dead one are told. */
export const Provider = z.strictObject({
  id: z.string().check(z.regex(/^[a-z][a-z0-9-]*$/, { error: 'not a name such as anthropic' })),
  /** Where people make and destroy keys; for messages. */
  where: z.string().check(z.regex(/^https:\/\/\S+$/, { error: 'not a page such as https://console.example/keys' })),
  /** By name, what may be asked; the first is the default. An empty list: the inventory names it. */
  origins: z.record(text, z.array(text)),
  /** What the inventory gives: each is one part of a path. */
  parameters: z._default(z.record(text, z.literal('text')), {}),
  /** How a key is sent: `{header: 'authorization', before: 'Bearer '}`. */
  sends: z.strictObject({ header: text, before: z.string() }),
  doors: z.array(Door).check(z.minLength(1)),
  /** How long it may take until a new key, or the end of one, is known everywhere. 0: at once. */
  propagationSeconds: z.int().check(z.nonnegative(), z.lte(120)),
});
export type Provider = z.infer<typeof Provider>;
