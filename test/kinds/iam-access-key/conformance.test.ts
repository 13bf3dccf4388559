import { describeKind } from '../../support/describe-kind.ts';
import { startHarness } from './simulated-iam.ts';

describeKind('iam-access-key, on the simulated IAM and STS', startHarness);
