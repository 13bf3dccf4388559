import type { Check } from '../check.ts';
import type { Clock } from '../clock.ts';
import { tallyUp } from './health.ts';
import type { ProbeRequest } from './requests.ts';

/** Probes once and counts. */
export async function performProbe(
  request: ProbeRequest,
  { check, clock, signal }: { check: Check; clock: Clock; signal: AbortSignal },
): Promise<object> {
  const health = await check.probe(check.facts.parseConfig(request.check.config), signal);
  return tallyUp(health, request.tally ?? undefined, clock.nowMs(), request.check);
}
