import { KeyturnError } from '../../core/errors.ts';
import type { KindContext, LastUse, LiveCredential, MintedKind } from '../../core/kind.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { acceptanceOf } from './acceptance.ts';
import { AwsIdentity } from './client.ts';
import { iamAccessKey } from './facts.ts';
import { type Credential, parseCredential, renderCredential, type Target } from './schema.ts';

type Context = KindContext<Target>;

/** The verbs. AWS is reached as the environment says: AWS_REGION, AWS_ENDPOINT_URL, and Keyturn's own credentials. */
export function createKind(): MintedKind<Target, Credential> {
  const aws = new AwsIdentity();
  const keysOf = ({ target, signal }: Context) => aws.keysOf(target.userName, signal);

  async function listLive(context: Context): Promise<LiveCredential[]> {
    const keys = keysOf(context);
    const identities = [...(await keys.list()).keys()];
    return Promise.all(
      identities.map(async (identity) => ({ identity, neverUsed: (await keys.lastUse(identity)) === undefined })),
    );
  }

  async function mint(context: Context, current: Credential | undefined): Promise<SecretValue> {
    const keys = keysOf(context);
    const minted = await keys.create();
    if (minted !== 'limit') return renderCredential(minted, current);
    const present = [...(await keys.list())].map(([id, status]) =>
      id === current?.accessKeyId ? `${id} (${status}, AWSCURRENT)` : `${id} (${status})`,
    );
    throw new KeyturnError(
      'CredentialLimit',
      `the IAM user ${context.target.userName} has as many access keys as IAM permits, ${present.join(' and ')}: find out what uses the one that is not AWSCURRENT, delete it, and rotate again`,
    );
  }

  async function lastUse(context: Context, { accessKeyId }: Credential, sinceMs: number): Promise<LastUse> {
    const keys = keysOf(context);
    try {
      // A rollout that is gone through again may have deleted it already: IAM knows no last use of it then.
      if ((await keys.statusOf(accessKeyId)) === 'absent') return { state: 'unused' };
      const use = await keys.lastUse(accessKeyId);
      if (use === undefined || use.atMs <= sinceMs) return { state: 'unused' };
      const when = new Date(use.atMs).toISOString();
      return {
        state: 'used',
        detail: `access key ${accessKeyId} was used for ${use.service} in ${use.region} at ${when} (its latest use, which AWS shows minutes to hours late)`,
      };
    } catch (error) {
      if (error instanceof KeyturnError) return { state: 'unknown', detail: error.message };
      throw error;
    }
  }

  async function disable(context: Context, { retire, keep }: { retire: Credential; keep: Credential }): Promise<void> {
    if (retire.accessKeyId === keep.accessKeyId) {
      const both = `access key ${keep.accessKeyId} is to be kept and to be retired; it was left alone`;
      throw new KeyturnError('CurrentMoved', both);
    }
    await keysOf(context).setStatus(retire.accessKeyId, 'Inactive');
  }

  async function enable(context: Context, { accessKeyId }: Credential): Promise<void> {
    if ((await keysOf(context).setStatus(accessKeyId, 'Active')) === 'absent') {
      throw new KeyturnError('CannotGoBack', `access key ${accessKeyId} does not exist any more and cannot be enabled`);
    }
  }

  async function destroy(context: Context, { accessKeyId }: Credential): Promise<void> {
    const keys = keysOf(context);
    if ((await keys.statusOf(accessKeyId)) === 'Active') {
      const active = `access key ${accessKeyId} is Active: only one that was disabled and proven dead is deleted`;
      throw new KeyturnError('StillAccepted', active);
    }
    await keys.delete(accessKeyId);
  }

  async function discard(context: Context, accessKeyId: string): Promise<void> {
    const keys = keysOf(context);
    if ((await keys.statusOf(accessKeyId)) === 'absent') return;
    const use = await keys.lastUse(accessKeyId);
    // A pending key that was tested has been used by Keyturn: for STS, and for nothing else.
    if (use !== undefined && use.service !== 'sts') {
      throw new KeyturnError(
        'UnknownCredential',
        `access key ${accessKeyId} was to be discarded as unused, but it was used for ${use.service} in ${use.region}: find out by whom, then delete it`,
      );
    }
    await keys.setStatus(accessKeyId, 'Inactive');
    await keys.delete(accessKeyId);
  }

  return {
    facts: iamAccessKey,
    origin: 'minted',
    parse: parseCredential,
    identify: ({ accessKeyId }) => accessKeyId,
    ...acceptanceOf(aws),
    listLive,
    mint,
    lastUse,
    disable,
    enable,
    destroy,
    discard,
  };
}
