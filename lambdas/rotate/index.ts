import { createKind } from '#kind';
import { secretsManagerClient, ssmClient, stepFunctionsClient } from '../../lib/aws/clients.ts';
import { ensureRollout } from '../../lib/aws/ensure-rollout.ts';
import { inventoryReader } from '../../lib/aws/inventory-reader.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { settledAt } from '../../lib/aws/settled-at.ts';
import { RotationEvent } from '../../lib/core/rotation/event.ts';
import { rotate } from '../../lib/core/rotation/rotator.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireEnv } from '../../lib/runtime/env.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const secretsManager = secretsManagerClient();
const ssm = ssmClient();
const stepFunctions = stepFunctionsClient();
const kind = createKind();

/** Secrets Manager's four steps, for the kind that this bundle carries. */
export const handler = handlerOf(
  (event) => RotationEvent.parse(event),
  ({ Step, SecretId, ClientRequestToken }) => ({ step: Step, secretArn: SecretId, versionId: ClientRequestToken }),
  (event, signal) =>
    rotate(event, {
      kind,
      signal,
      clock: systemClock,
      store: secretStore(secretsManager, signal),
      entryOf: inventoryReader(ssm, signal),
      ensureRollout: (ref) => ensureRollout(stepFunctions, requireEnv('ROLLOUT_MACHINE_ARN'), ref, signal),
      settledAt: (ref) => settledAt(stepFunctions, requireEnv('ROLLOUT_MACHINE_ARN'), ref, signal),
      async discardOrphan(orphan) {
        // Only after a mint that crashed: no other rotation needs Lambda's client.
        const { lambdaClient } = await import('../../lib/aws/lambda-client.ts');
        const { callFunction } = await import('../../lib/aws/function-caller.ts');
        const request = { op: 'discard-orphan', ...orphan };
        await callFunction(lambdaClient(), requireEnv('RETIRE_FUNCTION_ARN'), request, signal);
      },
    }),
);
