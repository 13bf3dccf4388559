import { createConsumer } from '#consumer';
import { performRefresh } from '../../lib/core/rollout/perform-refresh.ts';
import { ConsumerRequest } from '../../lib/core/rollout/requests.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const consumer = createConsumer();

/** Refreshes a consumer of the type that this bundle carries, or tells how far it is. */
export const handler = handlerOf(
  (event) => ConsumerRequest.parse(event),
  (request) => ({ op: request.op, consumer: request.consumer.name }),
  (request) => performRefresh(request, { consumer, clock: systemClock }),
);
