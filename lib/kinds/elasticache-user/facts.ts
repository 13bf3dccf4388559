import type { KindFacts } from '../../core/kind.ts';
import type { AwsPlace, Statement } from '../../core/statement.ts';
import { initialDocument } from '../shared/redis-user/credential.ts';
import { parseTarget, type Target } from './schema.ts';

/** An ElastiCache user consents to being managed by this tag: its passwords are then those that Keyturn states. */
export const managedTag = { key: 'keyturn:managed', value: 'true' } as const;

/**
 * All users of the account and Region that carry the tag, so that the policy does not grow with users. Both actions take
 * the resource type `user` and the condition key aws:ResourceTag; ModifyUser takes elasticache:UserAuthenticationMode too,
 * so that nobody is let in without a password, or by IAM.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticache.html
 */
function onManagedUsers(place: AwsPlace): Statement[] {
  const resources = [`arn:${place.partition}:elasticache:${place.region}:${place.account}:user:*`];
  const managed = { [`aws:ResourceTag/${managedTag.key}`]: managedTag.value };
  return [
    { actions: ['elasticache:DescribeUsers'], resources, conditions: { StringEquals: managed } },
    {
      actions: ['elasticache:ModifyUser'],
      resources,
      conditions: { StringEquals: { ...managed, 'elasticache:UserAuthenticationMode': 'password' } },
    },
  ];
}

export const elasticacheUser: KindFacts<Target> = {
  id: 'elasticache-user',
  title: 'an ElastiCache user (RBAC), with two passwords during the overlap',
  origin: 'chosen',
  overlap: 'two-slots',
  destroys: false,
  evidence: {
    lastUse:
      'sessions of the user that began before the promotion, at every node; a later session may be by either password. Serverless caches tell none',
    disable:
      'the list of passwords is stated without it; sessions from before the promotion are ended, except at serverless caches',
    destroy: 'none: a password that is not in the list is gone, so disabling is final',
    provenDead: 'a login with the old password is refused (WRONGPASS) at every endpoint, one with the new accepted',
  },
  fields: { engine: 'plain', host: 'plain', port: 'plain', username: 'plain', password: 'secret' },
  parseTarget,
  adminSecretOf: (target) => target.adminSecret,
  initialValue: (target) => initialDocument(target, 'redis'),
  // The same for both: who adds a password states the whole list, and so does who removes one. README.md says what follows.
  needs: { rotate: onManagedUsers, retire: onManagedUsers, network: true },
};
