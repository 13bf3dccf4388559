import { algorithms } from '../../../lib/kinds/key-set/algorithms.ts';
import { describeKind } from '../../support/describe-kind.ts';
import { startWith } from './harness.ts';

for (const algorithm of algorithms) describeKind(`key-set, ${algorithm}`, () => startWith(algorithm));
