import { kindsInUse } from '../../inventory/in-use.ts';
import type { Inventory } from '../../inventory/types.ts';
import { kinds as knownKinds } from '../../kinds/registry.ts';
import { standIns } from '../stand-ins/registry.ts';
import type { Surroundings, Targets } from '../stand-ins/stand-in.ts';
import { CannotStart } from './cannot-start.ts';
import { secretsOf } from './declared.ts';

/** Secrets whose targets this machine cannot stand in for, and why. */
export function leftOutOf(inventory: Inventory): { why: string; secrets: string[] }[] {
  return kindsInUse(inventory).flatMap((kind) => {
    if (!Object.hasOwn(standIns, kind)) {
      throw new CannotStart(
        `the inventory has secrets of the kind ${kind}; it is none of ${Object.keys(knownKinds).join(', ')}`,
      );
    }
    const { missing } = standIns[kind];
    if (missing === undefined) return [];
    const secrets = secretsOf(inventory).filter(({ declaration }) => declaration.kind === kind);
    return [{ why: missing, secrets: secrets.map(({ name }) => name) }];
  });
}

/** What is started, for whoever waits. */
export function titlesOf(inventory: Inventory): string[] {
  return kindsInUse(inventory).map((kind) => standIns[kind].title);
}

/** Starts what stands in for the targets of every kind in the inventory; what must be stopped is noted in `stops`. */
export async function startTargets(
  inventory: Inventory,
  surroundings: Surroundings,
  stops: (() => Promise<void>)[],
): Promise<{ targetsOf(kind: string): Targets; kinds: string[] }> {
  const kinds = kindsInUse(inventory);
  const running = new Map<string, Targets>();
  const outcomes = await Promise.allSettled(
    kinds.map(async (kind) => {
      const secrets = secretsOf(inventory).filter(({ declaration }) => declaration.kind === kind);
      const targets = await standIns[kind].start(secrets, surroundings);
      stops.push(() => targets.stop());
      running.set(kind, targets);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return {
    kinds,
    targetsOf(kind) {
      const targets = running.get(kind);
      if (targets === undefined) throw new Error(`nothing stands in for the kind ${kind}`);
      return targets;
    },
  };
}
