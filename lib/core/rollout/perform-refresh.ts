import type { Clock } from '../clock.ts';
import type { Consumer, Ticket } from '../consumer.ts';
import type { ConsumerRequest } from './requests.ts';

/**
 * Refreshes a consumer, or tells how far it is. A refresh is idempotent and coalesced: what already started after the
 * promotion, whoever started it, is adopted. `{state: 'none'}`: nothing to adopt, and the request may start nothing.
 */
export async function performRefresh(
  request: ConsumerRequest,
  { consumer, clock }: { consumer: Consumer; clock: Clock },
): Promise<object> {
  const config = consumer.facts.parseConfig(request.consumer.config);
  if (request.op === 'progress') {
    return { ...(await consumer.progress(config, request.ticket as Ticket)), atMs: clock.nowMs() };
  }
  const version = { ...request.version, deadlineAtMs: clock.nowMs() + request.consumer.deadlineSeconds * 1000 };
  const ticket =
    (await consumer.adopt(config, version)) ?? (request.mayStart ? await consumer.start(config, version) : undefined);
  return ticket === undefined ? { state: 'none' } : { state: 'refreshing', ticket };
}
