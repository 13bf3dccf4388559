import { ensureAttempt, startAttempt, stopAttempt } from '../../lib/aws/ensure-rollout.ts';
import type { RequestName } from '../../lib/aws/evidence-store.ts';
import { createSecret, existingSecret } from '../../lib/aws/existing-secret.ts';
import { humanTask } from '../../lib/aws/human-task.ts';
import { attemptsOf, enteredStates, newestAttempt } from '../../lib/aws/rollout-attempts.ts';
import { rotateSecret } from '../../lib/aws/rotate-secret.ts';
import { versionDates } from '../../lib/aws/version-dates.ts';
import type { Account } from '../../lib/cli/account.ts';
import { emergency } from '../../lib/cli/emergency.ts';
import type { FollowParts } from '../../lib/cli/follow.ts';
import { rollback } from '../../lib/cli/rollback.ts';
import { terminalOf } from '../../lib/cli/terminal.ts';
import { emergencyTag, formatEmergency } from '../../lib/core/emergency.ts';
import type { RotationRequest } from '../../lib/core/evidence/request.ts';
import { labels } from '../../lib/core/labels.ts';
import { realClock } from './clocks.ts';
import { attachRotation, type House } from './house.ts';

/** An operator at the house's command line, in process: what they asked for on record, and what they were told. */
export interface Operator {
  requests: { name: RequestName; request: RotationRequest }[];
  told: string[];
  /** `keyturn rotate --emergency --watch`: the exit code; -1 with the error's line in `told`. */
  declareEmergency(options?: { acceptOutage?: boolean }): Promise<number>;
  /** `keyturn rollback --watch`. */
  rollBack(): Promise<number>;
  /** Ctrl-C: no command follows anything any more. */
  leave(): void;
}

export function operatorOf(house: House): Operator {
  attachRotation(house);
  const interrupted = new AbortController();
  const operator: Operator = {
    requests: [],
    told: [],
    declareEmergency: (options) =>
      orTold(emergency('house/db', { reason: 'found in a public repository', watch: true, ...options }, parts)),
    leave: () => interrupted.abort(),
    rollBack: () => orTold(rollback('house/db', { reason: 'errors in the log', watch: true }, parts)),
  };
  const orTold = (ran: Promise<number>) =>
    ran.catch((error: Error) => {
      operator.told.push(error.message);
      return -1;
    });
  const say = (line: string) => void operator.told.push(line);
  const plain = terminalOf({ write: () => undefined }, { write: () => undefined }, {});
  const parts: FollowParts = {
    account: accountOf(house, operator),
    // What is polled every two seconds is polled every five milliseconds.
    clock: { nowMs: realClock.nowMs, sleep: (ms, signal) => realClock.sleep(ms / 400, signal) },
    terminal: { ...plain, out: say, err: say },
    interrupted,
    onInterrupt: () => () => undefined,
  };
  return operator;
}

function accountOf({ clients, store, states, ...house }: House, operator: Operator): Account {
  const { secretsManager, stepFunctions, machineArn } = clients;
  const { signal } = new AbortController();
  const attempts: Account['attempts'] = (ref) => attemptsOf(stepFunctions, machineArn, ref, signal);
  return {
    entries: async () => [structuredClone(house.entry)],
    describe: store.describe,
    versionDates: (secretId) => versionDates(secretsManager, secretId, signal),
    async openRollouts() {
      const running = states.executionsOf().filter(({ status }) => status === 'RUNNING');
      const found = await Promise.all(running.map(({ input }) => attempts(JSON.parse(input))));
      return found.flatMap((all) => all.filter(({ status }) => status === 'RUNNING'));
    },
    newestAttempt: (ref) => newestAttempt(stepFunctions, machineArn, ref, signal),
    attempts,
    enteredStates: (arn, afterEventId = 0) => enteredStates(stepFunctions, arn, afterEventId, signal),
    async newestRecord() {
      const last = house.records.at(-1);
      return last && { ...last, request: null };
    },
    callerArn: async () => 'arn:aws:iam::123456789012:user/operator',
    async recordRequest(request, name = 'request') {
      operator.requests.push({ name, request });
    },
    declareEmergency: (secretArn, versionId, mode) =>
      store.tag(secretArn, emergencyTag, formatEmergency(versionId, mode)),
    rotate: (secretId, token) => rotateSecret(secretsManager, secretId, token, signal),
    humanTask: (executionArn) => humanTask(stepFunctions, executionArn, signal),
    currentValue: (secretId) => store.read(secretId, { label: labels.current }),
    async supply(secretArn, token, value) {
      await store.put(secretArn, token, value, labels.supplied);
    },
    existingSecret: (secretId) => existingSecret(secretsManager, secretId, signal),
    createSecret: (name, value, kmsKeyId) => createSecret(secretsManager, name, value, kmsKeyId, signal),
    tag: store.tag,
    labelRetiring: (secretArn, versionId) => store.moveLabel(secretArn, labels.retiring, { to: versionId }),
    ensureRollout: (ref) => ensureAttempt(stepFunctions, machineArn, ref, signal),
    startAttempt: (ref, wayBack) => startAttempt(stepFunctions, machineArn, ref, wayBack, signal),
    stopAttempt: (executionArn, why) => stopAttempt(stepFunctions, executionArn, why, signal),
  };
}
