import { describe } from 'vitest';
import { describeKind } from '../../support/describe-kind.ts';
import { sshdInstalled } from '../../support/sshd-server.ts';
import { logInAt, startHarness } from './harness.ts';

describe.runIf(sshdInstalled())('on a real sshd', () => {
  describeKind('ssh-key', () => startHarness({ logIn: logInAt, atOnce: 1 }));
});
