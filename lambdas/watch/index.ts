import { secretsManagerClient, ssmClient, stepFunctionsClient } from '../../lib/aws/clients.ts';
import { inventoryReader, isInventoried } from '../../lib/aws/inventory-reader.ts';
import { notifier } from '../../lib/aws/notifier.ts';
import { rolloutView } from '../../lib/aws/rollout-view.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { snsClient } from '../../lib/aws/sns-client.ts';
import { LabelUpdatedEvent, watchLabel } from '../../lib/core/rollout/watch-label.ts';
import { requireEnv } from '../../lib/runtime/env.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';
import { logger } from '../../lib/runtime/logger.ts';

const secretsManager = secretsManagerClient();
const ssm = ssmClient();
const sns = snsClient();
const stepFunctions = stepFunctionsClient();

/** Sees AWSCURRENT move, whoever moved it. */
export const handler = handlerOf(
  (event) => LabelUpdatedEvent.parse(event),
  ({ resources, detail }) => ({ secretArn: resources[0], versionId: detail.versionId }),
  (event, signal) =>
    watchLabel(event, {
      store: secretStore(secretsManager, signal),
      isInventoried: isInventoried(inventoryReader(ssm, signal)),
      rolloutOf: async (ref) =>
        (await rolloutView(stepFunctions, requireEnv('ROLLOUT_MACHINE_ARN'), ref, signal))?.status,
      async alarm(error, secret) {
        // The alarm's metric filter counts lines with this code.
        logger.warn(error.message, { code: error.code, secret });
        await notifier(
          sns,
          requireEnv('TOPIC_ARN'),
          signal,
        )(`Keyturn: ${error.code} of ${secret}`, { code: error.code, message: error.message });
      },
    }),
);
