import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  paginateListAccessKeys,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';
import { failureOf, nameOf } from './failure.ts';
import type { Credential } from './schema.ts';

export type KeyStatus = 'Active' | 'Inactive';

export interface KeyUse {
  atMs: number;
  service: string;
  region: string;
}

/** STS's answer to the question who signs with a key. */
export type Answer = { state: 'accepted'; arn: string; account: string } | { state: 'refused'; error: string };

/** Every attempt ends within 2 + 5 s, so that three of them fit into a function's time. */
const limits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

/** The access keys of one IAM user. Everything throws KeyturnErrors, see `failure.ts`. */
export class UserKeys {
  readonly #iam: IAMClient;
  readonly #minting: IAMClient;
  readonly #userName: string;
  readonly #signal: AbortSignal;

  constructor(clients: { iam: IAMClient; minting: IAMClient }, userName: string, signal: AbortSignal) {
    this.#iam = clients.iam;
    this.#minting = clients.minting;
    this.#userName = userName;
    this.#signal = signal;
  }

  /** CreateAccessKey. `limit` when the user has two. Not idempotent, so never tried a second time here. */
  async create(): Promise<Omit<Credential, 'others'> | 'limit'> {
    try {
      const { AccessKey: key } = await this.#minting.send(
        new CreateAccessKeyCommand({ UserName: this.#userName }),
        this.#options(),
      );
      if (key?.AccessKeyId === undefined || key.SecretAccessKey === undefined)
        throw new Error('no access key in the answer');
      return {
        userName: this.#userName,
        accessKeyId: key.AccessKeyId,
        secretAccessKey: SecretValue.of(key.SecretAccessKey),
      };
    } catch (error) {
      if (/^LimitExceeded/.test(nameOf(error))) return 'limit';
      throw this.#failure(error, 'iam:CreateAccessKey');
    }
  }

  /** Every key of the user, with its status. */
  async list(): Promise<Map<string, KeyStatus>> {
    const keys = new Map<string, KeyStatus>();
    try {
      const pages = paginateListAccessKeys({ client: this.#iam }, { UserName: this.#userName }, this.#options());
      for await (const page of pages) {
        for (const { AccessKeyId: id, Status: status } of page.AccessKeyMetadata ?? []) {
          // Expired keys have a status of their own; like inactive ones, they are not Active.
          if (id !== undefined) keys.set(id, status === 'Active' ? 'Active' : 'Inactive');
        }
      }
      return keys;
    } catch (error) {
      throw this.#failure(error, 'iam:ListAccessKeys');
    }
  }

  /** The latest use that AWS knows of; undefined only when it says that there was none. */
  async lastUse(accessKeyId: string): Promise<KeyUse | undefined> {
    try {
      const { AccessKeyLastUsed: use } = await this.#iam.send(
        new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }),
        this.#options(),
      );
      if (use?.LastUsedDate !== undefined) {
        return { atMs: use.LastUsedDate.getTime(), service: use.ServiceName ?? 'N/A', region: use.Region ?? 'N/A' };
      }
      // https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html: no date, and N/A, without a use.
      if (use?.ServiceName === 'N/A') return undefined;
      throw new Error('the answer says neither');
    } catch (error) {
      throw this.#failure(error, 'iam:GetAccessKeyLastUsed');
    }
  }

  /** `absent` also when the user is gone: its keys are gone with it. */
  async statusOf(accessKeyId: string): Promise<KeyStatus | 'absent'> {
    try {
      return (await this.list()).get(accessKeyId) ?? 'absent';
    } catch (error) {
      if (error instanceof KeyturnError && error.code === 'TargetMismatch') return 'absent';
      throw error;
    }
  }

  /** `absent` when there is no such key, or no such user. */
  async setStatus(accessKeyId: string, status: KeyStatus): Promise<KeyStatus | 'absent'> {
    const command = new UpdateAccessKeyCommand({ UserName: this.#userName, AccessKeyId: accessKeyId, Status: status });
    try {
      await this.#iam.send(command, this.#options());
      return status;
    } catch (error) {
      if (/^NoSuchEntity/.test(nameOf(error))) return 'absent';
      throw this.#failure(error, 'iam:UpdateAccessKey');
    }
  }

  /** No error if absent. */
  async delete(accessKeyId: string): Promise<void> {
    try {
      await this.#iam.send(
        new DeleteAccessKeyCommand({ UserName: this.#userName, AccessKeyId: accessKeyId }),
        this.#options(),
      );
    } catch (error) {
      if (!/^NoSuchEntity/.test(nameOf(error))) throw this.#failure(error, 'iam:DeleteAccessKey');
    }
  }

  #options() {
    return { abortSignal: this.#signal };
  }

  #failure(error: unknown, action: string) {
    return failureOf(error, { action, userName: this.#userName });
  }
}

/** AWS, as the kind sees it. Endpoints, Region and Keyturn's own credentials come from the environment, by the SDK. */
export class AwsIdentity {
  readonly #iam = new IAMClient(limits);
  /** The SDK repeats a request whose answer it lost; a repeated CreateAccessKey makes a second key. */
  readonly #minting = new IAMClient({ ...limits, maxAttempts: 1 });
  readonly #sts = new STSClient(limits);
  #account: string | undefined;

  keysOf(userName: string, signal: AbortSignal): UserKeys {
    return new UserKeys({ iam: this.#iam, minting: this.#minting }, userName, signal);
  }

  /** Keyturn's own Region. */
  region(): Promise<string> {
    return this.#sts.config.region();
  }

  /** Keyturn's own account; asked once. */
  async account(userName: string, signal: AbortSignal): Promise<string> {
    if (this.#account === undefined) {
      const answer = await identify(this.#sts, userName, signal);
      if (answer.state === 'refused')
        throw failureOf({ name: answer.error }, { action: 'sts:GetCallerIdentity (as Keyturn)', userName });
      this.#account = answer.account;
    }
    return this.#account;
  }

  /** Asks the STS of a Region who signs with this key. It needs no permission, and no policy can deny it. */
  signIn(credential: Credential, region: string, signal: AbortSignal): () => Promise<Answer> {
    const credentials = { accessKeyId: credential.accessKeyId, secretAccessKey: credential.secretAccessKey.reveal() };
    // Over the connections that there are: another key is no reason for another one, which nobody would close.
    const { requestHandler } = this.#sts.config;
    const sts = new STSClient({ maxAttempts: limits.maxAttempts, requestHandler, region, credentials });
    return () => identify(sts, credential.userName, signal);
  }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
async function identify(sts: STSClient, userName: string, signal: AbortSignal): Promise<Answer> {
  try {
    const { Arn: arn = '', Account: account = '' } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: signal,
    });
    return { state: 'accepted', arn, account };
  } catch (error) {
    // A key that is inactive, deleted, or not known there yet. A known key with a wrong secret is SignatureDoesNotMatch.
    const name = nameOf(error);
    if (name === 'InvalidClientTokenId') return { state: 'refused', error: name };
    throw failureOf(error, { action: 'sts:GetCallerIdentity', userName });
  }
}
