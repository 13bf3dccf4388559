import type { CallRecord } from '../../simulator/types.ts';
import type { SecretsManagerCalls } from './report.ts';

/** What of the call log belongs to one secret's turn. */
export interface TurnOfSecret {
  kind: string;
  secretArn: string;
  /** Of its admin secret and what else only this kind's functions read. */
  otherArns: readonly string[];
  viewArns: readonly string[];
  /** From the rotation's start on; what was asked before, by a deployment's test, is not its own. */
  fromMs: number;
}

/**
 * Secrets Manager's calls by whose function made them and about which secret: a function's session is named after it.
 * What the campaign asks before and during a rotation is not the rotation's; what another secret's rollout asks about
 * this one, because they share a consumer, is counted here, where it is asked about.
 */
export function countSecretsManagerCalls(calls: readonly CallRecord[], turn: TurnOfSecret): SecretsManagerCalls {
  const own = new Set([turn.secretArn, ...turn.otherArns]);
  const views = new Set(turn.viewArns);
  const made = calls.filter(({ service, atMs }) => service === 'secretsmanager' && atMs >= turn.fromMs);
  const by = (functionNames: readonly string[], arns: ReadonlySet<string>) =>
    made.filter(
      ({ principal, resource }) =>
        functionNames.some((name) => principal.endsWith(`/${name}`)) && resource !== undefined && arns.has(resource),
    ).length;
  const rotate = `keyturn-rotate-${turn.kind}`;
  const retire = `keyturn-retire-${turn.kind}`;
  return {
    rotation: by([rotate], own),
    rollout: by(['keyturn-rollout', retire], own),
    views: by(['keyturn-rollout'], views),
  };
}
