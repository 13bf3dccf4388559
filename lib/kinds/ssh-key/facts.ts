import type { KindFacts } from '../../core/kind.ts';
import type { AwsPlace, Statement } from '../../core/statement.ts';
import { initialDocument } from './credential.ts';
import { parseTarget, type Target } from './schema.ts';

/** A host consents to being changed by this tag of its EC2 instance or managed node. */
export const consentTag = { key: 'keyturn:ssh', value: 'true' } as const;

/**
 * One document, and the nodes that carry the tag: the policy does not grow with them. A document of AWS's own has no
 * account in its ARN, and takes no condition on tags, so it stands in a statement of its own.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html
 */
function onConsentingHosts({ partition, region, account }: AwsPlace): Statement[] {
  return [
    { actions: ['ssm:SendCommand'], resources: [`arn:${partition}:ssm:${region}::document/AWS-RunShellScript`] },
    {
      actions: ['ssm:SendCommand'],
      resources: [
        `arn:${partition}:ec2:${region}:${account}:instance/*`,
        `arn:${partition}:ssm:${region}:${account}:managed-instance/*`,
      ],
      conditions: { StringEquals: { [`ssm:resourceTag/${consentTag.key}`]: consentTag.value } },
    },
    // It takes no resource.
    { actions: ['ssm:GetCommandInvocation'], resources: ['*'] },
  ];
}

export const sshKey: KindFacts<Target> = {
  id: 'ssh-key',
  title: 'an SSH key of an OS user, with two lines in authorized_keys during the overlap',
  origin: 'chosen',
  overlap: 'two-slots',
  destroys: false,
  evidence: {
    lastUse: 'logins by the key in the log of sshd, and sessions that are open, at every host',
    disable: 'the line is removed at every host, then the sessions that the key opened are ended',
    destroy: 'none: a removed line is gone, so disabling is final',
    provenDead:
      'a login with the old key is refused by sshd at every host, whose host key is pinned, one with the new accepted',
  },
  // The fingerprint changes with each rotation, but a consumer needs the key alone: they are no pair.
  fields: { username: 'plain', privateKey: 'secret', publicKey: 'plain', fingerprint: 'plain' },
  parseTarget,
  adminSecretOf: () => undefined,
  initialValue: initialDocument,
  needs: { rotate: onConsentingHosts, retire: onConsentingHosts, network: true },
};
