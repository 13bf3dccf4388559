import { describeCrashes } from '../../crash/describe-crashes.ts';
import { startHarness } from './harness.ts';

describeCrashes('key-set', () => startHarness());
