import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';

export interface MadeSecretProps {
  name: string;
  /** No credential is in it: CloudFormation shows it to whoever reads the template. Default: no version at all. */
  value?: Readonly<Record<string, unknown>>;
  tag?: { key: string; value: string };
  /** The source secret whose rotation writes this one. */
  rotatedBy?: string;
}

/** A secret that the inventory asked to make. It outlives the stack, because a credential that is in use hangs on it. */
export class MadeSecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, value, tag, rotatedBy }: MadeSecretProps) {
    super(scope, id);
    const secret = new CfnSecret(this, 'Resource', {
      name,
      ...(value === undefined ? {} : { secretString: JSON.stringify(value) }),
      ...(tag === undefined ? {} : { tags: [tag] }),
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    if (rotatedBy !== undefined) {
      acknowledge(
        secret,
        'AwsSolutions-SMG4',
        `It is a view of ${rotatedBy}: each rotation of that secret writes it anew`,
      );
    }
    this.arn = secret.ref;
  }
}
