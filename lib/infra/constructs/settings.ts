import { Stack } from 'aws-cdk-lib';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { type Settings as SettingsValue, settingsParameter } from '../../core/settings.ts';

/** Tells an operator's tools where the rollouts run and where their records stand: generated names, no values. */
export class Settings extends Construct {
  constructor(scope: Construct, id: string, settings: SettingsValue) {
    super(scope, id);
    new CfnParameter(this, 'Parameter', {
      name: settingsParameter,
      type: 'String',
      description: 'Where Keyturn’s rollouts run and where their records stand',
      value: Stack.of(this).toJsonString(settings),
    });
  }
}
