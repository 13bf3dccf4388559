import { CloudflareServer, R2Server } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/cloudflare.ts';
import {
  OpenAiAdminKeyServer,
  OpenAiServiceAccountServer,
} from '../../../lib/rehearsal/stand-ins/http-api-key/providers/openai.ts';
import { SendGridServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/sendgrid.ts';
import { TypesenseServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/typesense.ts';
import { describeKind } from '../../support/describe-kind.ts';
import { startHarness, startWith } from './harness.ts';

const servers = [TypesenseServer, CloudflareServer, R2Server, OpenAiServiceAccountServer, OpenAiAdminKeyServer];

describeKind(`http-api-key, on a server that keeps to ${new SendGridServer().documents[0]}`, startHarness);

for (const Server of servers) {
  const { documents } = new Server();
  describeKind(`http-api-key, on a server that keeps to ${documents[0]}`, () => startWith(new Server()));
}
