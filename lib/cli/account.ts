import { callerArn } from '../aws/caller.ts';
import { secretsManagerClient, ssmClient, stepFunctionsClient, stsClient } from '../aws/clients.ts';
import type { Connection } from '../aws/connection.ts';
import { type LastRecord, newestRecord } from '../aws/evidence-reader.ts';
import { recordRequest } from '../aws/evidence-store.ts';
import { listEntries } from '../aws/inventory-list.ts';
import type { RolloutRef } from '../aws/rollout-attempts.ts';
import {
  type Attempt,
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
import type { SecretEntry } from '../core/entry.ts';
import type { RotationRequest } from '../core/evidence/request.ts';
import type { SecretState } from '../core/ports.ts';
import type { Settings } from '../core/settings.ts';

/** All that the CLI asks of an AWS account. It cannot read a secret's value. Every error is a KeyturnError. */
export interface Account {
  entries(): Promise<SecretEntry[]>;
  describe(secretId: string): Promise<SecretState>;
  /** Epoch milliseconds by version id, of the labelled versions. */
  versionDates(secretId: string): Promise<Record<string, number>>;
  openRollouts(): Promise<Attempt[]>;
  newestAttempt(ref: RolloutRef): Promise<Attempt | undefined>;
  enteredStates(executionArn: string, afterEventId?: number): Promise<EnteredState[]>;
  newestRecord(secretName: string): Promise<LastRecord | undefined>;
  callerArn(): Promise<string>;
  recordRequest(request: RotationRequest): Promise<void>;
  rotate(secretId: string, token: string): Promise<void>;
}

/** The account that a connection leads to. Calls end when the signal aborts. */
export function accountOf(to: Connection, signal: AbortSignal): Account {
  const secretsManager = secretsManagerClient(to);
  const ssm = ssmClient(to);
  const stepFunctions = stepFunctionsClient(to);
  const s3 = s3Client(to);
  const sts = stsClient(to);
  const { describe } = secretStore(secretsManager, signal);
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
    newestRecord: async (secretName) => newestRecord(s3, await bucket(), secretName, signal),
    callerArn: () => callerArn(sts, signal),
    recordRequest: async (request) => recordRequest(s3, await bucket(), request, signal),
    rotate: (secretId, token) => rotateSecret(secretsManager, secretId, token, signal),
  };
}
