import type { KindFacts } from '../../core/kind.ts';
import { parseInput } from '../../core/parse.ts';
import { adopt } from './adopt.ts';
import { providerOf, Target } from './target.ts';

/** Keys that no API makes: a human brings each one, and destroys the one before. */
export const supplied: KindFacts<Target> = {
  id: 'supplied',
  title: 'a key that people make in a dashboard, brought by keyturn supply',
  origin: 'brought',
  overlap: 'two-slots',
  destroys: false,
  disabledBy: 'human',
  evidence: {
    lastUse: 'nothing tells it: the inventory must say why that is enough',
    disable: 'a human destroys the key in the dashboard; the rollout waits, and reminds',
    destroy: 'none: a key that was destroyed is gone, so disabling is final',
    provenDead:
      "the provider's own refusal of the old key, several times in a row, with the new key accepted beside it",
  },
  // The identity changes with each rotation too, but a consumer needs the value alone: they are no pair.
  fields: { provider: 'plain', identity: 'plain', value: 'secret' },
  reversible: () => false,
  whereOf: (target) => providerOf(target).where,
  parseTarget: (target) => parseInput(Target, target, 'target'),
  adminSecretOf: () => undefined,
  adopt,
  initialValue: (target) => ({ provider: providerOf(target).id }),
  needs: { rotate: () => [], retire: () => [], network: true },
};
