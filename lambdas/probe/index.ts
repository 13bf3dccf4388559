import { createCheck } from '#check';
import { performProbe } from '../../lib/core/rollout/perform-probe.ts';
import { ProbeRequest } from '../../lib/core/rollout/requests.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { handlerOf } from '../../lib/runtime/handler.ts';

const check = createCheck();

/** One probe of the check that this bundle carries. */
export const handler = handlerOf(
  (event) => ProbeRequest.parse(event),
  (request) => ({ check: request.check.type }),
  (request, signal) => performProbe(request, { check, clock: systemClock, signal }),
);
