import { describeCrashes } from '../../crash/describe-crashes.ts';
import { startHarness } from './harness.ts';

describeCrashes('http-api-key', () => startHarness());
