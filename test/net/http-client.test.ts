import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpRequest, httpRequest } from '../../lib/net/http-client.ts';
import { createCertificateAuthority } from '../support/certificates.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen<S extends Server | TcpServer>(server: S): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const serve = async (answer: RequestListener) => `http://127.0.0.1:${await listen(createServer(answer))}`;
const authority = createCertificateAuthority();
const serveTls = async (answer: RequestListener, { certificate, key } = authority.issue(['localhost'])) =>
  `https://localhost:${await listen(createTlsServer({ cert: certificate, key }, answer))}`;

function get(url: string, others: Partial<HttpRequest> = {}) {
  return httpRequest({
    url,
    plaintext: true,
    timeoutMs: 5000,
    maximumBodyBytes: 1024,
    signal: new AbortController().signal,
    ...others,
  });
}

describe('an answer', () => {
  it('has its status and body', async () => {
    const url = await serve((_, response) => response.writeHead(503).end('{"state":"down"}'));
    expect(await get(url)).toEqual({ status: 503, location: undefined, body: '{"state":"down"}' });
  });

  it('may be a redirect, which is returned and not followed', async () => {
    let elsewhere = 0;
    const other = await serve((_, response) => {
      elsewhere += 1;
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(302, { location: other }).end());
    expect(await get(url)).toMatchObject({ status: 302, location: other });
    expect(elsewhere).toBe(0);
  });

  it('comes to a GET with the headers that were asked for, uncompressed', async () => {
    const url = await serve(({ method, headers }, response) =>
      response.end(JSON.stringify([method, headers['x-probe'], headers['accept-encoding']])),
    );
    expect((await get(url, { headers: { 'x-probe': 'yes' } })).body).toBe('["GET","yes","identity"]');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('comes to a %s with a body, sent once', async (method) => {
    const asked: unknown[] = [];
    const url = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      asked.push([request.method, request.headers['content-type'], body]);
      response.writeHead(500).end();
    });
    const headers = { 'content-type': 'application/json' };
    expect(await get(url, { method, headers, body: '{"a":"ä"}' })).toMatchObject({ status: 500 });
    expect(asked).toEqual([[method, 'application/json', '{"a":"ä"}']]);
  });

  it('is not read when no body is wanted, however long it is', async () => {
    const url = await serve((_, response) => response.write('x'.repeat(100_000)));
    expect(await get(url, { maximumBodyBytes: 0 })).toMatchObject({ status: 200, body: '' });
  });
});

describe('a failure has a name', () => {
  it('TargetUnresolved: the name does not resolve', async () => {
    await expect(get('http://nothing.invalid/')).rejects.toMatchObject({ code: 'TargetUnresolved' });
  });

  it('TargetUnreachable: nothing listens', async () => {
    const port = await listen(createTcpServer());
    closers.splice(0).forEach((close) => {
      close();
    });
    await expect(get(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'TargetUnreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('TargetTlsFailed: a certificate that nobody vouches for', async () => {
    await expect(get(await serveTls((_, response) => response.end()))).rejects.toMatchObject({
      code: 'TargetTlsFailed',
      message: expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    });
  });

  it('TargetTlsFailed also when the environment says not to verify', async () => {
    const url = await serveTls((_, response) => response.end());
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await expect(get(url)).rejects.toMatchObject({ code: 'TargetTlsFailed' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it.each([
    ['of another host', authority.issue(['elsewhere.example']), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that has expired', authority.issue(['localhost'], Date.now() - 1000), 'CERT_HAS_EXPIRED'],
  ])('TargetTlsFailed: a trusted certificate %s', async (_, certificate, code) => {
    await trusting(async () => {
      const url = await serveTls((_request, response) => response.end(), certificate);
      await expect(get(url)).rejects.toMatchObject({ code: 'TargetTlsFailed', message: expect.stringContaining(code) });
    });
  });

  it('TargetTlsFailed: a server that speaks plain HTTP', async () => {
    const url = (await serve((_, response) => response.end())).replace('http:', 'https:');
    await expect(get(url)).rejects.toMatchObject({ code: 'TargetTlsFailed' });
  });

  it('TargetFailed: a server that does not speak HTTP', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    await expect(get(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'TargetFailed' });
  });

  it('TargetFailed: a body that breaks off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    await expect(get(url)).rejects.toMatchObject({ code: 'TargetFailed', message: expect.stringContaining('reading') });
  });

  it('TargetFailed: a body that is longer than wanted', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(1025)));
    await expect(get(url)).rejects.toMatchObject({
      code: 'TargetFailed',
      message: expect.stringContaining('1024 bytes'),
    });
  });

  it.each<[string, RequestListener, string]>([
    ['no answer', () => {}, 'waiting for the answer'],
    ['a body that never ends', (_, response) => response.write('x'), 'reading the answer'],
  ])('TargetTimeout: %s', async (_, answer, phase) => {
    await expect(get(await serve(answer), { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TargetTimeout',
      message: expect.stringContaining(phase),
    });
  });

  it('TargetTimeout: a handshake that is never answered', async () => {
    const port = await listen(createTcpServer(() => {}));
    await expect(get(`https://127.0.0.1:${port}/`, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'TargetTimeout',
      message: expect.stringContaining('TLS handshake'),
    });
  });

  it('TargetTimeout: the caller gave up, before or meanwhile', async () => {
    const url = await serve(() => {});
    await expect(get(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'TargetTimeout' });
    await expect(get(url, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'TargetTimeout' });
  });

  it('says nothing of the query, which may hold what is nobody’s business', async () => {
    const failure = await get('http://nothing.invalid/health?token=abcdef').catch((error) => error);
    expect(failure.message).toContain('http://nothing.invalid/health');
    expect(failure.message).not.toContain('abcdef');
  });
});

it('asks a server whose certificate is trusted', async () => {
  await trusting(async () => {
    const url = await serveTls((_, response) => response.end('well'));
    expect(await get(url, { plaintext: false })).toMatchObject({ status: 200, body: 'well' });
  });
});

async function trusting(act: () => Promise<void>): Promise<void> {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, authority.certificate]);
  try {
    await act();
  } finally {
    setDefaultCACertificates(before);
  }
}
