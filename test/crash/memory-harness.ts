import type { Kind, KindContext } from '../../lib/core/kind.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { realClock } from '../support/clocks.ts';
import type { KindEstate } from '../support/describe-kind.ts';
import { chosenMemoryKind, MemoryTarget, mintedMemoryKind } from '../support/memory-kind.ts';
import type { Harness } from './crash.ts';

/** A kind in memory: what is struck are the core's own calls, and a crash costs so little that every one is tried. */
export function memoryHarness(kindOf: typeof chosenMemoryKind | typeof mintedMemoryKind): Harness {
  let kind: Kind = kindOf(new MemoryTarget());
  return {
    get kind() {
      return kind;
    },
    async estate() {
      const target = new MemoryTarget();
      kind = kindOf(target);
      target.accounts.set('app', { password: 'first', enabled: true, used: true });
      return estateOf(target);
    },
    stop: async () => undefined,
  };
}

function estateOf(target: MemoryTarget): KindEstate<unknown> {
  const { signal } = new AbortController();
  const context: KindContext<unknown> = {
    target: {},
    secretArn: '',
    admin: async () => SecretValue.of(''),
    clock: realClock,
    signal,
  };
  return {
    target: {},
    current: SecretValue.of(JSON.stringify({ name: 'app', password: 'first', host: 'memory.internal' })),
    absentIdentity: 'nobody',
    mismatches: {},
    otherSecrets: [],
    context: () => context,
    logIn: async (value) => (target.accepts(value) ? 'accepted' : 'refused'),
    use: async () => {
      throw new Error('nobody uses it here');
    },
    spoil: (value) => value,
  };
}

export const memoryHarnesses = {
  'a chosen value in memory': () => memoryHarness(chosenMemoryKind),
  'a minted value in memory': () => memoryHarness(mintedMemoryKind),
} as const;
