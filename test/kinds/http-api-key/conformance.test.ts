import { describeKind } from '../../support/describe-kind.ts';
import { startHarness, startWith } from './harness.ts';
import { CloudflareServer, R2Server } from './providers/cloudflare.ts';
import { OpenAiAdminKeyServer, OpenAiServiceAccountServer } from './providers/openai.ts';
import { SendGridServer } from './providers/sendgrid.ts';
import { TypesenseServer } from './providers/typesense.ts';

const servers = [TypesenseServer, CloudflareServer, R2Server, OpenAiServiceAccountServer, OpenAiAdminKeyServer];

describeKind(`http-api-key, on a server that keeps to ${new SendGridServer().documents[0]}`, startHarness);

for (const Server of servers) {
  const { documents } = new Server();
  describeKind(`http-api-key, on a server that keeps to ${documents[0]}`, () => startWith(new Server()));
}
