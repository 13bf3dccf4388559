import { describeKind } from '../../support/describe-kind.ts';
import { startHarness } from './harness.ts';

describeKind('iam-access-key, on the simulated IAM and STS', startHarness);
