import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { sshdInstalled } from '../../support/sshd-server.ts';
import { startHarness } from './harness.ts';

describe.runIf(sshdInstalled())('on a real sshd', () => {
  describeKind('ssh-key', () => startHarness());
});
