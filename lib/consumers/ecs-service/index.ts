import type { Clock } from '../../core/clock.ts';
import type { Consumer, ConsumerVersion, Ticket } from '../../core/consumer.ts';
import { KeyturnError } from '../../core/errors.ts';
import { EcsServices } from './client.ts';
import { ecsService } from './facts.ts';
import { pinOf, unfitnessOf } from './fitness.ts';
import { decideProgress, refreshUnderWay } from './progress.ts';
import type { Config } from './schema.ts';

export function createConsumer(clock: Pick<Clock, 'nowMs'> = { nowMs: Date.now }): Consumer<Config> {
  const ecs = new EcsServices();

  /** A refresh of a service that cannot come to run on the version would restart it for nothing. */
  async function assertFit(config: Config, version: ConsumerVersion): Promise<void> {
    const service = await ecs.describe(config);
    const reason =
      unfitnessOf(config, service) ?? pinOf(config, await ecs.injectionsOf(config, service.taskDefinition), version);
    if (reason !== undefined) throw new KeyturnError('ConsumerUnfit', reason);
  }

  return {
    facts: ecsService,

    async adopt(config, version) {
      await assertFit(config, version);
      const refresh = refreshUnderWay(version, await ecs.deploymentsSince(config, version.promotedAtMs));
      return refresh && ticketOf(version, refresh.arn);
    },

    async start(config, version) {
      await assertFit(config, version);
      return ticketOf(version, await ecs.deployAnew(config));
    },

    async progress(config, ticket) {
      const service = await ecs.describe(config);
      const deployments = service.status === 'MISSING' ? [] : await ecs.deploymentsSince(config, ticket.promotedAtMs);
      const tasks = service.status === 'MISSING' ? [] : await ecs.livingTasks(config);
      const verdict = decideProgress(config, ticket, { service, deployments, tasks }, clock.nowMs());
      if (verdict.state === 'unfit') throw new KeyturnError('ConsumerUnfit', verdict.reason);
      return verdict;
    },
  };
}

/** The deployment is for the reader: what is judged is always the newest. */
function ticketOf(version: ConsumerVersion, deployment: string): Ticket {
  return { ...version, deployment };
}
