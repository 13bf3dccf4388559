import { KeyturnError } from '../../core/errors.ts';
import type { HttpApi } from '../shared/api-key/http-api.ts';
import { patienceWith } from '../shared/api-key/patience.ts';
import { signInOf } from '../shared/api-key/sign-in.ts';
import { type Credential, s3PairOf } from './credential.ts';
import { Keys } from './keys.ts';
import { providerOf, type Target } from './target.ts';

/** The verbs that try a key itself, at every door of its provider. */
export function acceptanceOf(api: HttpApi) {
  const { install, verify, proveRefused } = signInOf<Target, Credential>(api, {
    providerOf,

    signatureOf({ target, clock }, door, credential) {
      if (door.signs === 's3') return { by: 's3', ...s3PairOf(credential, target), atMs: clock.nowMs() };
      return { by: 'header', ...providerOf(target).sends, key: credential.value };
    },

    async whyRefused(context, door, { id }) {
      if ((await new Keys(api, context).find(id)) === undefined) {
        return new KeyturnError('PendingPoisoned', `key ${id} does not exist any more; the next attempt mints another`);
      }
      return new KeyturnError(
        'TargetTimeout',
        `${door.name} does not accept key ${id} ${patienceWith(providerOf(context.target)).acceptedWithinMs / 1000} s after it was first asked`,
      );
    },
  });
  return { install, verify, proveRefused };
}
