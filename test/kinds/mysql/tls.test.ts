import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { failure } from './failure.ts';
import { makeEstate } from './harness.ts';
import { kind, propose, rotate } from './rotate.ts';

const authority = createCertificateAuthority('The right CA');
const other = createCertificateAuthority('Another CA');

describe.runIf(hasMariadb)('TLS to MariaDB', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  let elsewhere: MariadbServer;
  let without: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb({ tls: authority.issue(['localhost']) });
    elsewhere = await startMariadb({ tls: authority.issue(['db.elsewhere.example']) });
    without = await startMariadb();
  }, 60_000);
  afterAll(() => Promise.all([server?.stop(), elsewhere?.stop(), without?.stop()]));

  const users = async (of: MariadbServer) =>
    (await of.logLines()).filter(({ command }) => command === 'Connect').map(({ text }) => text.split('@')[0]);

  /** Certificates are for names, and loopback has one. */
  const estateAt = (of: MariadbServer, tls: unknown) =>
    makeEstate({ ...of, host: 'localhost' }, { target: { host: 'localhost', tls } });

  it('is verified against the CA of the target, and every login goes through it', async () => {
    const estate = await estateAt(server, { ca: authority.certificate });
    await server.sql(`ALTER USER ${estate.admin}@'%' REQUIRE SSL`);
    const { context, current, pending } = await rotate(estate);
    const log = (await server.logLines()).filter(({ text }) => text.startsWith(`${pending.username}@`));
    expect(log.map(({ text }) => text.endsWith('using SSL/TLS'))).toEqual([true, true]);
    await kind.disable(context, { retire: current, keep: pending });
    await kind.proveRefused(context, { retire: current, keep: pending });
  });

  it('is demanded of the clone where it is of the base', async () => {
    const estate = await estateAt(server, { ca: authority.certificate });
    await server.sql(`ALTER USER ${estate.base}@'%' REQUIRE SSL`);
    const { value } = await rotate(estate);
    // The test's own login is a plaintext one.
    expect(await estate.logIn(value)).toBe('refused');
    expect(await estate.logIn(estate.current)).toBe('refused');
  });

  it('is refused when the certificate is for another host', async () => {
    const estate = await estateAt(elsewhere, { ca: authority.certificate });
    const rotation = propose(estate);
    const error = await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
    expect(error.message).toContain('not for this host name');
    await failure('TargetTlsFailed', kind.verify(rotation.context, rotation.current));
    expect((await kind.lastUse(rotation.context, rotation.current, 0)).state).toBe('unknown');
    expect(await users(elsewhere)).not.toContain(estate.admin);
    // No proof either: the refusal must be of the credential.
    const { current, pending } = rotation;
    await failure('NotProven', kind.proveRefused(rotation.context, { retire: current, keep: pending }));
  });

  it.each([
    ['another CA', { ca: other.certificate }],
    ['the CAs of RDS', { ca: 'rds' }],
  ])('is refused under %s, before anything is sent', async (_what, tls) => {
    const estate = await estateAt(server, tls);
    const rotation = propose(estate);
    await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
    await failure('TargetTlsFailed', kind.verify(rotation.context, rotation.current));
    expect(await users(server)).not.toContain(estate.admin);
  });

  it('is never given up for plaintext: a server without TLS sees no login', async () => {
    const estate = await estateAt(without, { ca: authority.certificate });
    const rotation = propose(estate);
    const error = await failure('TargetTlsFailed', kind.install(rotation.context, rotation));
    expect(error.message).toContain('does not offer TLS');
    await failure('TargetTlsFailed', kind.verify(rotation.context, rotation.current));
    expect(await users(without)).not.toContain(estate.admin);
    expect(await users(without)).not.toContain(estate.base);
  });
});
