import type { EmergencyMode } from '../emergency.ts';
import type { CheckEntry, ConsumerEntry, SecretEntry, Timings } from '../entry.ts';

/** A check with the function that probes it. */
export type PlannedCheck = CheckEntry & { functionArn: string };

/** A consumer with the function that refreshes it. */
export type PlannedConsumer = Omit<ConsumerEntry, 'checks'> & { functionArn: string; checks: PlannedCheck[] };

/** The rollout's itinerary, made once from the inventory. No values. */
export interface Plan {
  secret: string;
  kind: string;
  policy: string;
  retireFunctionArn: string;
  waves: PlannedConsumer[][];
  noConsumers: string | null;
  /** The views' names. */
  views: string[];
  timings: Timings;
  /** Whether the target ends a disabled credential for good. */
  destroys: boolean;
  emergency: EmergencyMode | 'none';
  /** SHA-256 of the inventory entry that the plan was made from: the gates compare. */
  entryHash: string;
}

/** ARNs by `retire:<kind>`, `refresh:<consumer type>`, `probe:<check>`. */
export type FunctionDirectory = Readonly<Record<string, string>>;

/** What becomes of a credential at its target. */
export interface Revocation {
  /** Whether the target ends a disabled credential for good. */
  destroys: boolean;
  /** Whether the target can enable it again. */
  reversible: boolean;
}

/** Pure. @throws Error naming the function that is not deployed */
export function makePlan(
  entry: SecretEntry,
  entryHash: string,
  { destroys, reversible }: Revocation,
  functions: FunctionDirectory,
  emergency: Plan['emergency'] = 'none',
): Plan {
  const arnOf = (name: string) => {
    const arn = functions[name];
    if (arn === undefined) throw new Error(`no function ${name} is deployed: the inventory entry and the app differ`);
    return arn;
  };
  return {
    secret: entry.secret,
    kind: entry.kind,
    policy: entry.policy,
    retireFunctionArn: arnOf(`retire:${entry.kind}`),
    waves: entry.waves.map((wave) =>
      wave.map((consumer) => ({
        ...consumer,
        // In an emergency nobody waits for the other secrets of a campaign.
        sharedWith: emergency === 'none' ? consumer.sharedWith : [],
        functionArn: arnOf(`refresh:${consumer.type}`),
        checks: consumer.checks.map((check) => ({ ...check, functionArn: arnOf(`probe:${check.type}`) })),
      })),
    ),
    noConsumers: entry.noConsumers ?? null,
    views: entry.views.map(({ secret }) => secret),
    timings: timingsOf(entry.timings, reversible, emergency),
    destroys,
    emergency,
    entryHash,
  };
}

function timingsOf(timings: Timings, reversible: boolean, emergency: Plan['emergency']): Timings {
  if (emergency !== 'none') return { ...timings, soakSeconds: 0, graceSeconds: 0 };
  if (reversible) return timings;
  // Where Disable is final, nothing can come back after it: whoever still needs the old credential must show before.
  return { ...timings, soakSeconds: timings.soakSeconds + timings.graceSeconds, graceSeconds: 0 };
}
