import { s3Client, secretsManagerClient, snsClient, ssmClient } from '../../lib/aws/clients.ts';
import { evidenceStore } from '../../lib/aws/evidence-store.ts';
import { inventoryReader } from '../../lib/aws/inventory-reader.ts';
import { notifier } from '../../lib/aws/notifier.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { hashOf } from '../../lib/core/entry.ts';
import { performRollout } from '../../lib/core/rollout/perform-rollout.ts';
import { RolloutRequest } from '../../lib/core/rollout/requests.ts';
import { destroys } from '../../lib/kinds/registry.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireEnv } from '../../lib/runtime/env.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const secretsManager = secretsManagerClient();
const ssm = ssmClient();
const sns = snsClient();
const s3 = s3Client();
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
      destroys,
      record: evidenceStore(s3, requireEnv('EVIDENCE_BUCKET'), signal),
      notify: notifier(sns, requireEnv('TOPIC_ARN'), signal),
    }),
);
