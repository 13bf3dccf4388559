import type { KindFacts } from '../../core/kind.ts';
import { commonFields, currentAloneFields, fieldsFor } from './fields.ts';
import { overlapSeconds, parseTarget, type Target } from './schema.ts';
import { secretTexts } from './secret-texts.ts';
import { initialDocument } from './value.ts';

export const keySet: KindFacts<Target> = {
  id: 'key-set',
  title: 'keys that sign tokens, or API keys of one’s own: previous, current and next, all accepted',
  origin: 'chosen',
  overlap: 'key-set',
  destroys: false,
  acceptedBy: 'consumers',
  evidence: {
    lastUse:
      'none: a key leaves the set only when the tokens that it signed have expired; of an API key nobody tells its last use',
    disable: 'every consumer runs on a set without the key, which the rollout has proven',
    destroy: 'none: what no consumer has is gone; the version that had it stays in Secrets Manager',
    provenDead:
      'a token by the old key is refused (401 or 403) at every verifier that the inventory names, one by the new accepted',
  },
  fields: commonFields,
  fieldsOf: ({ algorithm }) => fieldsFor(algorithm),
  secretTexts,
  unproven: ({ noVerifier }) => noVerifier,
  minimumIntervalSeconds: overlapSeconds,
  viewMistake({ currentAlone }, fields) {
    const alone = fields.filter((field) => currentAloneFields.includes(field));
    if (alone.length === 0 || currentAlone !== undefined) return undefined;
    return {
      what: `its ${alone.join(', ')} is the current key alone: whoever verifies with it refuses the others, so that there is no overlap`,
      remedy:
        "Give verifiers the whole set, and say who reads this one: target.currentAlone: '<who, and why that is right>'",
    };
  },
  parseTarget,
  adminSecretOf: () => undefined,
  initialValue: initialDocument,
  needs: { rotate: () => [], retire: () => [], network: true },
};
