import { secretsManagerClient, ssmClient, stepFunctionsClient } from '../../lib/aws/clients.ts';
import { listEntries } from '../../lib/aws/inventory-list.ts';
import { inventoryReader } from '../../lib/aws/inventory-reader.ts';
import { rolloutView } from '../../lib/aws/rollout-view.ts';
import { rotateSecret } from '../../lib/aws/rotate-secret.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { performCampaign } from '../../lib/core/campaign/perform-campaign.ts';
import { CampaignRequest } from '../../lib/core/campaign/requests.ts';
import { suppliedAt } from '../../lib/kinds/registry.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireEnv } from '../../lib/runtime/env.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const secretsManager = secretsManagerClient();
const ssm = ssmClient();
const stepFunctions = stepFunctionsClient();

/** Plans a campaign, starts and watches its rotations. */
export const handler = handlerOf(
  (event) => CampaignRequest.parse(event),
  (request) => ({ op: request.op, ...('secret' in request && { secret: request.secret }) }),
  (request, signal) =>
    performCampaign(request, {
      store: secretStore(secretsManager, signal),
      clock: systemClock,
      entries: () => listEntries(ssm, signal),
      entryOf: inventoryReader(ssm, signal),
      rotate: (secretName, token) => rotateSecret(secretsManager, secretName, token, signal),
      suppliedAt,
      async notify(subject, message) {
        // Only where a human must bring a value: no other campaign needs this client.
        const { snsClient } = await import('../../lib/aws/sns-client.ts');
        const { notifier } = await import('../../lib/aws/notifier.ts');
        await notifier(snsClient(), requireEnv('TOPIC_ARN'), signal)(subject, message);
      },
      rolloutOf: (ref) => rolloutView(stepFunctions, requireEnv('ROLLOUT_MACHINE_ARN'), ref, signal),
    }),
);
