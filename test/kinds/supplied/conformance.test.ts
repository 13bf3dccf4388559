import { AnthropicServer } from '../../../lib/rehearsal/stand-ins/supplied/anthropic-server.ts';
import { describeKind } from '../../support/describe-kind.ts';
import { startHarness } from './harness.ts';

describeKind(`supplied, on a server that keeps to ${new AnthropicServer().documents[0]}`, startHarness);
