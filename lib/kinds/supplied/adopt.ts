import type { Adoption } from '../../core/adoption.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { formatSupplied, suppliedOf } from '../../core/supplied.ts';

/** What keys of the presets begin with: of a plain text, nothing else tells whose it is. */
const prefixes: Readonly<Record<string, RegExp>> = { anthropic: /^sk-ant-api\d\d-[\w-]{20,}$/ };

/** A bare key of a preset's provider. */
export function adopt(value: SecretValue): Adoption | undefined {
  const text = value.map((whole) => whole.trim());
  const provider = Object.keys(prefixes).find((id) => text.parse((key) => prefixes[id]?.test(key)));
  if (provider === undefined) return undefined;
  return {
    what: `a bare API key of ${provider}`,
    target: { provider, noLastUse: '<why the old key may end although nobody can tell whether it is still used>' },
    source: { value: text.parse((key) => formatSupplied(suppliedOf(key))), name: provider, view: '{value}' },
    notes: ['when the key that is in use now is retired, it is called fp-…: a human must know which one that is'],
    needs: ['somebody who may make and destroy keys in its dashboard'],
  };
}
