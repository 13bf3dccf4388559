import type { KindFacts } from '../../core/kind.ts';
import { parseInput } from '../../core/parse.ts';
import { adopt } from './adopt.ts';
import { providerOf, Target } from './target.ts';

/** Keys that a provider's HTTP API mints, described by data. */
export const httpApiKey: KindFacts<Target> = {
  id: 'http-api-key',
  title: "key of a provider's HTTP API",
  origin: 'minted',
  overlap: 'two-slots',
  destroys: true,
  evidence: {
    lastUse: 'what the provider tells of the key; where it tells nothing, the inventory must say why that is enough',
    disable:
      "the key's status, where the provider has one; else the key is deleted, and made again where its value is ours",
    destroy: 'the key is deleted',
    provenDead:
      "the provider's own refusal of the old key, several times in a row, with the new key accepted beside it",
  },
  // The id changes with each rotation too, but a consumer needs the value alone: they are no pair.
  fields: { provider: 'plain', id: 'plain', value: 'secret' },
  fieldsOf: (target) =>
    Object.fromEntries(Object.entries(providerOf(target).derived ?? {}).map(([field, { role }]) => [field, role])),
  reversible(target) {
    const { disable } = providerOf(target);
    return disable.by === 'status' || disable.undo === 'recreation';
  },
  parseTarget: (target) => parseInput(Target, target, 'target'),
  adminSecretOf: ({ adminSecret }) => adminSecret,
  adopt,
  initialValue: (target) => ({ provider: providerOf(target).id }),
  needs: { rotate: () => [], retire: () => [], network: true },
};
