import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { type PostgresServer, releases, startPostgres } from '../../support/postgres-server.ts';
import { failure } from './failure.ts';
import { makeEstate } from './harness.ts';
import { kind, propose, rotate } from './rotate.ts';

const authority = createCertificateAuthority('The right CA');
const other = createCertificateAuthority('Another CA');
const withCa = (pem: string) => ({ tls: { ca: pem } });

describe.each(releases)('TLS to $name', { timeout: 60_000 }, (release) => {
  let server: PostgresServer;
  let elsewhere: PostgresServer;
  let without: PostgresServer;
  beforeAll(async () => {
    const hba = [
      'hostssl all all all scram-sha-256',
      'hostnossl all postgres all scram-sha-256',
      'hostnossl all all all reject',
    ];
    server = await startPostgres({ release, hba, tls: authority.issue(['127.0.0.1']) });
    elsewhere = await startPostgres({ release, tls: authority.issue(['db.elsewhere.example', '127.0.0.2']) });
    without = await startPostgres({ release });
  }, 60_000);
  afterAll(() => Promise.all([server?.stop(), elsewhere?.stop(), without?.stop()]));

  it('is verified against the CA of the target, and every login goes through it', async () => {
    const estate = await makeEstate(server, { target: withCa(authority.certificate) });
    const { pending } = await rotate(estate);
    const log = await server.logLines();
    const logins = log.filter(({ user, text }) => user === pending.username && text.includes('connection authorized'));
    expect(logins).toHaveLength(2);
    for (const { text } of logins) expect(text).toContain('SSL enabled');
  });

  it('is refused when the certificate is for another host', async () => {
    const estate = await makeEstate(elsewhere, { target: withCa(authority.certificate) });
    const rotation = propose(estate);
    const error = await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
    expect(error.message).toContain('not for this host name');
    await failure('TargetTlsFailed', kind.verify(rotation.context, rotation.current));
    expect((await kind.lastUse(rotation.context, rotation.current, 0)).state).toBe('unknown');
  });

  it.each([
    ['another CA', withCa(other.certificate)],
    ['the CAs of RDS', { tls: undefined }],
  ])('is refused under %s', async (_what, target) => {
    const estate = await makeEstate(server, { target });
    const rotation = propose(estate);
    await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
    await failure('TargetTlsFailed', kind.verify(rotation.context, rotation.current));
  });

  it('is never given up for plaintext: a server without TLS sees no login', async () => {
    const estate = await makeEstate(without, { target: withCa(authority.certificate) });
    const rotation = propose(estate);
    const error = await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
    expect(error.message).toContain('does not offer TLS');
    await failure('TargetTlsFailed', kind.verify(rotation.context, rotation.current));
    const users = (await without.logLines()).map(({ user }) => user);
    expect(users).not.toContain(estate.admin);
    expect(users).not.toContain(estate.base);
  });

  it('is no proof when it fails: the refusal must be of the credential', async () => {
    const estate = await makeEstate(elsewhere, { target: withCa(authority.certificate) });
    const { context, current, pending } = propose(estate);
    await failure('NotProven', kind.proveRefused(context, { retire: current, keep: pending }));
  });
});
