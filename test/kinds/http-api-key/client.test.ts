import { expect, it } from 'vitest';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { HttpApi } from '../../../lib/kinds/shared/api-key/http-api.ts';
import { SendGridServer } from '../../../lib/rehearsal/stand-ins/http-api-key/providers/sendgrid.ts';

it.each(['//', '/\\', 'http://'])('no path that begins with %s leads the key to another host', async (beginning) => {
  const server = await new SendGridServer().start();
  try {
    const asking = new HttpApi().send({
      method: 'GET',
      origin: 'http://127.0.0.1:9',
      path: `${beginning}${new URL(server.origin).host}/v3/api_keys`,
      signature: { by: 'header', header: 'authorization', before: 'Bearer ', key: SecretValue.of('canary') },
      plaintext: true,
      signal: new AbortController().signal,
    });
    await expect(asking).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(server.requests).toEqual([]);
  } finally {
    await server.stop();
  }
});

it('asks nothing without TLS unless that is wanted', async () => {
  const server = await new SendGridServer().start();
  try {
    const asking = new HttpApi().send({
      method: 'GET',
      origin: server.origin,
      path: '/v3/api_keys',
      signature: { by: 'header', header: 'authorization', before: 'Bearer ', key: SecretValue.of('canary') },
      plaintext: false,
      signal: new AbortController().signal,
    });
    await expect(asking).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(server.requests).toEqual([]);
  } finally {
    await server.stop();
  }
});
