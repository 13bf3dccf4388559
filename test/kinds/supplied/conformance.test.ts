import { describeKind } from '../../support/describe-kind.ts';
import { AnthropicServer } from './anthropic-server.ts';
import { startHarness } from './harness.ts';

describeKind(`supplied, on a server that keeps to ${new AnthropicServer().documents[0]}`, startHarness);
