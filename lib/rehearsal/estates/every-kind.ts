import type { Inventory, SecretDeclaration } from '../../inventory/types.ts';
import { kindIds } from '../../kinds/registry.ts';
import { standIns } from '../stand-ins/registry.ts';

/** One secret of each kind, each with a service of its own: nothing waits for anything else, so each can be measured. */
export const everyKind: Inventory = {
  timeZone: 'UTC',
  policies: { monthly: { schedule: 'cron(0 3 1 * ? *)', maximumAgeDays: 35 } },
  consumers: Object.fromEntries(
    kindIds.map((kind) => [
      `uses-${kind}`,
      {
        type: 'ecs-service',
        config: { cluster: 'kinds', service: `uses-${kind}` },
        checks: [{ type: 'http', config: { url: `https://${kind}.example/health` } }],
      },
    ]),
  ),
  secrets: Object.fromEntries(
    kindIds.map((kind): [string, SecretDeclaration] => [
      `kinds/${kind}`,
      { kind, policy: 'monthly', ...standIns[kind].sample, waves: [[`uses-${kind}`]] },
    ]),
  ),
};
