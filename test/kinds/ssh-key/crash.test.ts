import { describe } from 'vitest';
import { describeCrashes } from '../../crash/describe-crashes.ts';
import { sshdInstalled } from '../../support/sshd-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(sshdInstalled())('on a real sshd', () => {
  describeCrashes('ssh-key', () => startHarness());
});
