import { KeyturnError } from '../../core/errors.ts';
import type { KindContext, Refusal } from '../../core/kind.ts';
import { proving } from '../shared/proof.ts';
import type { Answer, AwsIdentity } from './client.ts';
import { answersInARow, patience, pause } from './patience.ts';
import type { Credential, Target } from './schema.ts';

/** The verbs that sign in with a key: STS is asked who signs, in each Region that the target names. */
export function acceptanceOf(aws: AwsIdentity) {
  type Context = KindContext<Target>;

  async function regionsOf({ target }: Context): Promise<string[]> {
    return [...new Set([await aws.region(), ...(target.regions ?? [])])];
  }

  async function install(context: Context, { pending }: { pending: Credential }): Promise<void> {
    const { clock, signal } = context;
    await pause(patience.settleMs, clock, signal);
    const untilMs = clock.nowMs() + patience.acceptedWithinMs;
    for (const region of await regionsOf(context)) {
      const answer = await answersInARow(aws.signIn(pending, region, signal), 'accepted', untilMs, clock, signal);
      if (answer?.state !== 'accepted') throw await whyRefused(context, pending, region);
      await assertUser(answer, context);
    }
  }

  async function whyRefused(context: Context, { accessKeyId }: Credential, region: string): Promise<KeyturnError> {
    const { userName } = context.target;
    const which = `access key ${accessKeyId} of the IAM user ${userName}`;
    const status = (await aws.keysOf(userName, context.signal).list()).get(accessKeyId);
    if (status === undefined) {
      return new KeyturnError('PendingPoisoned', `${which} does not exist any more; the next attempt mints another`);
    }
    if (status === 'Inactive') {
      return new KeyturnError(
        'AuthenticationRefused',
        `${which} was made Inactive, not by Keyturn; activate it or delete it`,
      );
    }
    return new KeyturnError(
      'TargetTimeout',
      `STS in ${region} does not accept ${which} ${patience.acceptedWithinMs / 1000} s after it was first asked; IAM is slow to tell it`,
    );
  }

  async function verify(context: Context, credential: Credential): Promise<void> {
    for (const region of await regionsOf(context)) {
      const answer = await bestOfSeveral(context, aws.signIn(credential, region, context.signal));
      if (answer.state === 'refused') {
        const refused = `STS in ${region} refuses access key ${credential.accessKeyId}: ${answer.error}`;
        throw new KeyturnError('AuthenticationRefused', refused);
      }
      await assertUser(answer, context);
    }
  }

  async function proveRefused(
    context: Context,
    versions: { retire: Credential; keep: Credential },
  ): Promise<Refusal[]> {
    const refusals: Refusal[] = [];
    for (const region of await regionsOf(context)) refusals.push(await proveRefusedIn(region, context, versions));
    return refusals;
  }

  async function proveRefusedIn(
    region: string,
    context: Context,
    { retire, keep }: { retire: Credential; keep: Credential },
  ): Promise<Refusal> {
    const { clock, signal } = context;
    const untilMs = clock.nowMs() + patience.refusedWithinMs;
    const refusal = await proving(answersInARow(aws.signIn(retire, region, signal), 'refused', untilMs, clock, signal));
    if (refusal?.state !== 'refused') {
      const accepted = `STS in ${region} still accepts access key ${retire.accessKeyId}; IAM may be slow to tell it`;
      throw new KeyturnError('StillAccepted', accepted);
    }
    const control = await proving(bestOfSeveral(context, aws.signIn(keep, region, signal)));
    if (control.state === 'refused') {
      throw new KeyturnError('NotProven', `no proof: STS in ${region} refuses access key ${keep.accessKeyId} too`);
    }
    await proving(assertUser(control, context));
    return { endpoint: `sts.${region}`, error: refusal.error };
  }

  /** One server of STS that is behind is no refusal: only several answers are. */
  async function bestOfSeveral({ clock, signal }: Context, ask: () => Promise<Answer>): Promise<Answer> {
    for (let row = 1; ; row += 1) {
      const answer = await ask();
      if (answer.state === 'accepted' || row === patience.inARow) return answer;
      await pause(patience.intervalMs, clock, signal);
    }
  }

  /** The inventory's user, in Keyturn's own account. @throws WrongEffectiveIdentity */
  async function assertUser(
    { arn, account }: Answer & { state: 'accepted' },
    { target, signal }: Context,
  ): Promise<void> {
    const own = await aws.account(target.userName, signal);
    // arn:PARTITION:iam::ACCOUNT:user/PATH/NAME, the path optional; names are unique in an account whatever their path.
    const isUser = /^arn:[\w-]+:iam::\d+:user\//.test(arn) && arn.split('/').at(-1) === target.userName;
    if (isUser && account === own) return;
    throw new KeyturnError(
      'WrongEffectiveIdentity',
      `the access key acts as ${arn}, not as the IAM user ${target.userName} of account ${own}`,
    );
  }

  return { install, verify, proveRefused };
}
