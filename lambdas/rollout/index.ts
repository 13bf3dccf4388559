import { secretsManagerClient, ssmClient } from '../../lib/aws/clients.ts';
import { inventoryReader } from '../../lib/aws/inventory-reader.ts';
import { notifier } from '../../lib/aws/notifier.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { snsClient } from '../../lib/aws/sns-client.ts';
import { hashOf } from '../../lib/core/entry.ts';
import { performRollout } from '../../lib/core/rollout/perform-rollout.ts';
import { RolloutRequest } from '../../lib/core/rollout/requests.ts';
import { revocationOf } from '../../lib/kinds/registry.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireEnv } from '../../lib/runtime/env.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const secretsManager = secretsManagerClient();
const ssm = ssmClient();
const sns = snsClient();
const functions = JSON.parse(requireEnv('FUNCTIONS'));

/** Labels, views, plan, gates and record of a rollout. */
export const handler = handlerOf(
  (event) => RolloutRequest.parse(event),
  (request) => ({ op: request.op, ...('secretArn' in request && { secretArn: request.secretArn }) }),
  (request, signal) =>
    performRollout(request, {
      store: secretStore(secretsManager, signal),
      clock: systemClock,
      entryOf: inventoryReader(ssm, signal),
      hashOf,
      functions,
      revocationOf,
      async record(evidence) {
        // The last of a rollout's many requests: no other one needs S3's client, a fifth of all the code.
        const { s3Client } = await import('../../lib/aws/s3-client.ts');
        const { evidenceStore } = await import('../../lib/aws/evidence-store.ts');
        await evidenceStore(s3Client(), requireEnv('EVIDENCE_BUCKET'), signal)(evidence);
      },
      notify: notifier(sns, requireEnv('TOPIC_ARN'), signal),
    }),
);
