import { describeCrashes } from '../../crash/describe-crashes.ts';
import { startHarness } from './harness.ts';

describeCrashes('supplied', () => startHarness());
