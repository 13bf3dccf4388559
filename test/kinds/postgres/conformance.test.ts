import { describeKind } from '../../support/describe-kind.ts';
import { releases } from '../../support/postgres-server.ts';
import { startHarness } from './harness.ts';

for (const release of releases) {
  describeKind(`postgres on ${release.name}`, () => startHarness({ release }));
}
