import { expect, it } from 'vitest';
import { countSecretsManagerCalls } from '../../../lib/rehearsal/report/secrets-manager-calls.ts';
import type { CallRecord } from '../../../lib/simulator/types.ts';

function call(by: string, resource: string, changes: Partial<CallRecord> = {}): CallRecord {
  const principal = `arn:aws:sts::123456789012:assumed-role/Keyturn-${by}-Role/${by}`;
  return {
    atMs: 1_000,
    service: 'secretsmanager',
    operation: 'DescribeSecret',
    principal,
    resource,
    errorCode: undefined,
    denied: false,
    ...changes,
  };
}

it('counts calls by whose function made them and about which secret', () => {
  const calls = [
    call('keyturn-rotate-postgres', 'db'),
    call('keyturn-rotate-postgres', 'admin'),
    call('keyturn-retire-postgres', 'db'),
    call('keyturn-rollout', 'db'),
    call('keyturn-rollout', 'db'),
    call('keyturn-rollout', 'view'),
    // Not of this turn: another secret, another kind, the campaign, another service, a deployment's test.
    call('keyturn-rollout', 'other'),
    call('keyturn-rotate-iam-access-key', 'db'),
    call('keyturn-campaign', 'db'),
    call('keyturn-rotate-postgres', 'db', { service: 'ssm' }),
    call('keyturn-rotate-postgres', 'db', { atMs: 999 }),
  ];
  const turn = { kind: 'postgres', secretArn: 'db', otherArns: ['admin'], viewArns: ['view'], fromMs: 1_000 };
  expect(countSecretsManagerCalls(calls, turn)).toEqual({ rotation: 2, rollout: 3, views: 1 });
});
