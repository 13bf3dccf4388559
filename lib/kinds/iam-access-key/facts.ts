import type { KindFacts } from '../../core/kind.ts';
import { parseInput } from '../../core/parse.ts';
import type { AwsPlace, Statement } from '../../core/statement.ts';
import { adopt } from './adopt.ts';
import { Target } from './schema.ts';

/** An IAM user consents to being managed by this tag. */
export const managedTag = { key: 'keyturn:managed', value: 'true' } as const;

/**
 * All users of the account that carry the tag, so that the policy does not grow with users.
 * All five actions of this kind take the resource type `user`, whose condition keys are aws:ResourceTag and
 * iam:ResourceTag. GetAccessKeyLastUsed takes it too, although its request names only a key: IAM finds the user, and
 * AWS's own policy for it names users.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-keys_required-permissions.html
 */
function onManagedUsers(place: AwsPlace, actions: readonly string[]): Statement {
  return {
    actions,
    resources: [`arn:${place.partition}:iam::${place.account}:user/*`],
    conditions: { StringEquals: { [`aws:ResourceTag/${managedTag.key}`]: managedTag.value } },
  };
}

/** Access keys of an IAM user: at most two at a time. */
export const iamAccessKey: KindFacts<Target> = {
  id: 'iam-access-key',
  title: 'access key of an IAM user',
  origin: 'minted',
  overlap: 'two-slots',
  destroys: true,
  evidence: {
    lastUse: 'GetAccessKeyLastUsed, which lags by minutes to hours: it can show use, hardly disuse',
    disable: 'the key is made Inactive',
    destroy: 'the key is deleted',
    provenDead:
      'STS answers InvalidClientTokenId to the old key, several times in a row, and accepts the new key beside it',
  },
  fields: { userName: 'plain', accessKeyId: 'identity', secretAccessKey: 'secret' },
  parseTarget: (target) => parseInput(Target, target, 'target'),
  adminSecretOf: () => undefined,
  adopt,
  initialValue: (target) => ({ userName: target.userName }),
  needs: {
    // sts:GetCallerIdentity needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    rotate: (place) => [
      onManagedUsers(place, ['iam:CreateAccessKey', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed']),
    ],
    retire: (place) => [
      onManagedUsers(place, [
        'iam:ListAccessKeys',
        'iam:GetAccessKeyLastUsed',
        'iam:UpdateAccessKey',
        'iam:DeleteAccessKey',
      ]),
    ],
    network: false,
  },
};
