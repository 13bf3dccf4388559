import { callerArn } from '../aws/caller.ts';
import { secretsManagerClient, ssmClient, stepFunctionsClient, stsClient } from '../aws/clients.ts';
import type { Connection } from '../aws/connection.ts';
import { ensureAttempt, startAttempt, stopAttempt } from '../aws/ensure-rollout.ts';
import { type LastRecord, newestRecord } from '../aws/evidence-reader.ts';
import { type RequestName, recordRequest } from '../aws/evidence-store.ts';
import { createSecret, type ExistingSecret, existingSecret } from '../aws/existing-secret.ts';
import { humanTask } from '../aws/human-task.ts';
import { listEntries } from '../aws/inventory-list.ts';
import type { RolloutRef } from '../aws/rollout-attempts.ts';
import {
  type Attempt,
  attemptsOf,
  type EnteredState,
  enteredStates,
  newestAttempt,
  openRollouts,
} from '../aws/rollout-attempts.ts';
import { rotateSecret } from '../aws/rotate-secret.ts';
import { s3Client } from '../aws/s3-client.ts';
import { secretStore } from '../aws/secret-store.ts';
import { readSettings } from '../aws/settings-reader.ts';
import { versionDates } from '../aws/version-dates.ts';
import { type EmergencyMode, emergencyTag, formatEmergency } from '../core/emergency.ts';
import type { SecretEntry } from '../core/entry.ts';
import type { RotationRequest } from '../core/evidence/request.ts';
import { labels } from '../core/labels.ts';
import type { SecretState } from '../core/ports.ts';
import type { WayBack } from '../core/rollout/name.ts';
import type { SecretValue } from '../core/secret-value.ts';
import type { Settings } from '../core/settings.ts';

/** All that the CLI asks of an AWS account. Every error is a KeyturnError. */
export interface Account {
  entries(): Promise<SecretEntry[]>;
  describe(secretId: string): Promise<SecretState>;
  /** Epoch milliseconds by version id, of the labelled versions. */
  versionDates(secretId: string): Promise<Record<string, number>>;
  openRollouts(): Promise<Attempt[]>;
  newestAttempt(ref: RolloutRef): Promise<Attempt | undefined>;
  enteredStates(executionArn: string, afterEventId?: number): Promise<EnteredState[]>;
  /** What a rollout waits for a human to do. */
  humanTask(executionArn: string): Promise<string | undefined>;
  newestRecord(secretName: string): Promise<LastRecord | undefined>;
  callerArn(): Promise<string>;
  /** Oldest first. */
  attempts(ref: RolloutRef): Promise<Attempt[]>;
  recordRequest(request: RotationRequest, name?: RequestName): Promise<void>;
  /** Says on the secret that this version's rollout is an emergency. */
  declareEmergency(secretArn: string, versionId: string, mode: EmergencyMode): Promise<void>;
  rotate(secretId: string, token: string): Promise<void>;
  /** The one thing that reads a value, to compare it or to take it over: nothing of it is printed. */
  currentValue(secretId: string): Promise<SecretValue>;
  /** Puts a value that a human brought under KEYTURN_SUPPLIED, in the place of one that waits. */
  supply(secretArn: string, token: string, value: SecretValue): Promise<void>;
  /** Undefined when there is none. */
  existingSecret(secretId: string): Promise<ExistingSecret | undefined>;
  /** False when there is one of this name: nothing is overwritten. */
  createSecret(name: string, value: SecretValue, kmsKeyId: string | undefined): Promise<boolean>;
  tag(secretId: string, key: string, value: string): Promise<void>;
  /** Puts the retiring label on a version. @throws LabelMoved when another one has it */
  labelRetiring(secretArn: string, versionId: string): Promise<void>;
  /** Makes sure that the rollout runs, and answers with its attempt. */
  ensureRollout(ref: RolloutRef): Promise<number>;
  /** False when there is such an attempt already. */
  startAttempt(ref: RolloutRef & { attempt: number }, wayBack: WayBack): Promise<boolean>;
  stopAttempt(executionArn: string, why: { error: string; cause: string }): Promise<void>;
}

/** The account that a connection leads to. Calls end when the signal aborts. */
export function accountOf(to: Connection, signal: AbortSignal): Account {
  const secretsManager = secretsManagerClient(to);
  const ssm = ssmClient(to);
  const stepFunctions = stepFunctionsClient(to);
  const s3 = s3Client(to);
  const sts = stsClient(to);
  const { describe, moveLabel, read, put, tag } = secretStore(secretsManager, signal);
  let known: Promise<Settings> | undefined;
  const settings = () => {
    known ??= readSettings(ssm, signal);
    return known;
  };
  const machine = async () => (await settings()).rolloutMachineArn;
  const bucket = async () => (await settings()).evidenceBucket;
  return {
    entries: () => listEntries(ssm, signal),
    describe,
    versionDates: (secretId) => versionDates(secretsManager, secretId, signal),
    openRollouts: async () => openRollouts(stepFunctions, await machine(), signal),
    newestAttempt: async (ref) => newestAttempt(stepFunctions, await machine(), ref, signal),
    enteredStates: (arn, afterEventId = 0) => enteredStates(stepFunctions, arn, afterEventId, signal),
    humanTask: (executionArn) => humanTask(stepFunctions, executionArn, signal),
    newestRecord: async (secretName) => newestRecord(s3, await bucket(), secretName, signal),
    callerArn: () => callerArn(sts, signal),
    attempts: async (ref) => attemptsOf(stepFunctions, await machine(), ref, signal),
    recordRequest: async (request, name) => recordRequest(s3, await bucket(), request, signal, name),
    declareEmergency: (secretArn, versionId, mode) => tag(secretArn, emergencyTag, formatEmergency(versionId, mode)),
    rotate: (secretId, token) => rotateSecret(secretsManager, secretId, token, signal),
    currentValue: (secretId) => read(secretId, { label: labels.current }),
    async supply(secretArn, token, value) {
      await put(secretArn, token, value, labels.supplied);
    },
    existingSecret: (secretId) => existingSecret(secretsManager, secretId, signal),
    createSecret: (name, value, kmsKeyId) => createSecret(secretsManager, name, value, kmsKeyId, signal),
    tag,
    labelRetiring: (secretArn, versionId) => moveLabel(secretArn, labels.retiring, { to: versionId }),
    ensureRollout: async (ref) => ensureAttempt(stepFunctions, await machine(), ref, signal),
    startAttempt: async (ref, wayBack) => startAttempt(stepFunctions, await machine(), ref, wayBack, signal),
    stopAttempt: (executionArn, why) => stopAttempt(stepFunctions, executionArn, why, signal),
  };
}
