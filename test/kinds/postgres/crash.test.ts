import { describeCrashes } from '../../crash/describe-crashes.ts';
import { startHarness } from './harness.ts';

describeCrashes('postgres', () => startHarness());
