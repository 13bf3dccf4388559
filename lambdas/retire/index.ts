import { createKind } from '#kind';
import { secretsManagerClient, ssmClient } from '../../lib/aws/clients.ts';
import { inventoryReader } from '../../lib/aws/inventory-reader.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { performRetirement } from '../../lib/core/rollout/perform-retirement.ts';
import { RetireRequest } from '../../lib/core/rollout/requests.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const secretsManager = secretsManagerClient();
const ssm = ssmClient();
const kind = createKind();

/** Last use, disable, proof, enable, destroy, discard, for the kind that this bundle carries. */
export const handler = handlerOf(
  (event) => RetireRequest.parse(event),
  (request) => ({ ...request }),
  (request, signal) =>
    performRetirement(request, {
      kind,
      signal,
      clock: systemClock,
      store: secretStore(secretsManager, signal),
      entryOf: inventoryReader(ssm, signal),
    }),
);
