import { type NamedSecret, type Needle, needlesOf } from './needles.ts';

/** A text in which no secret may stand. */
export interface Channel {
  name: string;
  text: string;
}

/** Where a secret was found, without the secret. */
export interface Leak {
  channel: string;
  secret: string;
  form: string;
  /** Of the first character. */
  offset: number;
}

/** What every needle begins with is looked up by so many characters, and by a hash of the first four before that. */
const keyLength = 8;
const hashLength = 4;

/**
 * Finds every place where a piece of a secret stands, in any of its forms. Pieces that follow one upon the other are one
 * leak.
 */
export function findLeaks(secrets: readonly NamedSecret[], channels: readonly Channel[]): Leak[] {
  const index = indexOf(secrets.flatMap(needlesOf));
  return channels.flatMap((channel) => searchIn(channel, index));
}

interface Index {
  byKey: Map<string, Needle[]>;
  /** Whether any needle begins with four characters of this hash: spares most look-ups. */
  begins: Uint8Array;
  /** Needles shorter than a key: of secrets that are hardly any. */
  short: Needle[];
}

function indexOf(needles: readonly Needle[]): Index {
  const index: Index = { byKey: new Map(), begins: new Uint8Array(65_536), short: [] };
  for (const needle of needles) {
    if (needle.text.length < keyLength) {
      if (needle.text !== '') index.short.push(needle);
      continue;
    }
    const key = needle.text.slice(0, keyLength);
    const same = index.byKey.get(key);
    if (same) same.push(needle);
    else index.byKey.set(key, [needle]);
    index.begins[hashAt(needle.text, 0)] = 1;
  }
  return index;
}

function hashAt(text: string, at: number): number {
  let hash = 0;
  for (let i = at; i < at + hashLength; i += 1) hash = (hash * 31 + text.charCodeAt(i)) & 0xffff;
  return hash;
}

function searchIn({ name, text }: Channel, { byKey, begins, short }: Index): Leak[] {
  const leaks: Leak[] = [];
  /** Where the last find of a secret in a form ended. */
  const ends = new Map<string, number>();
  function found({ secret, form, text: needle }: Needle, offset: number): void {
    const run = `${secret}\n${form}`;
    if ((ends.get(run) ?? -1) < offset) leaks.push({ channel: name, secret, form, offset });
    ends.set(run, offset + needle.length);
  }
  for (let at = 0; at + keyLength <= text.length; at += 1) {
    if (begins[hashAt(text, at)] === 0) continue;
    for (const needle of byKey.get(text.slice(at, at + keyLength)) ?? []) {
      if (text.startsWith(needle.text, at)) found(needle, at);
    }
  }
  for (const needle of short) {
    for (let at = text.indexOf(needle.text); at >= 0; at = text.indexOf(needle.text, at + 1)) found(needle, at);
  }
  return leaks;
}
