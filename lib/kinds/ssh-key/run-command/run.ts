import type { Clock } from '../../../core/clock.ts';
import { KeyturnError } from '../../../core/errors.ts';
import { type Host, nameOf } from '../schema.ts';
import { deliverySeconds, executionSeconds, type RunCommand, type Standing } from './client.ts';
import { failureOfRun } from './failure.ts';

/** A script that arrives later than this changes nothing: half a minute may pass on the way, and clocks differ. */
export const startSeconds = 45;

/** By then a command has ended one way or the other, or Systems Manager has forgotten it. */
const waitMs = (deliverySeconds + executionSeconds + 15) * 1000;
const firstPollMs = 300;
const pollMs = 1_000;

/** What was asked of the hosts, and until when they may begin. */
export interface Order {
  script: string;
  hosts: readonly Host[];
  comment: string;
}

/**
 * Runs a script at every host at once and waits for all of them. Returns what each printed, in their order.
 * @throws what the first that failed failed by, after all have ended
 */
export async function runEverywhere(
  { script, hosts, comment }: Order,
  commands: RunCommand,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<string[]> {
  const untilMs = clock.nowMs() + waitMs;
  const commandId = await commands.send(
    script,
    hosts.map(({ instanceId }) => instanceId),
    comment,
    signal,
  );
  const pause = (ms: number) =>
    clock.sleep(ms, signal).catch((cause: unknown) => {
      throw new KeyturnError('TargetTimeout', 'the time of this call is over while it waits for the hosts', { cause });
    });
  const outputs: string[] = [];
  let failure: KeyturnError | undefined;
  await pause(firstPollMs);
  for (const host of hosts) {
    let standing = await commands.standing(commandId, host.instanceId, signal);
    while (isOpen(standing) && clock.nowMs() < untilMs) {
      await pause(pollMs);
      standing = await commands.standing(commandId, host.instanceId, signal);
    }
    if (standing.status === 'Success') outputs.push(standing.stdout);
    else failure ??= failureOfRun(`${nameOf(host)} (${host.instanceId})`, standing);
  }
  if (failure !== undefined) throw failure;
  return outputs;
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html */
function isOpen({ status }: Standing): boolean {
  return ['Unseen', 'Pending', 'InProgress', 'Delayed', 'Cancelling'].includes(status);
}
