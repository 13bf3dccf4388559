import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretDeclaration } from '../../../../lib/inventory/types.ts';
import { templateOf } from '../../../../lib/inventory/views.ts';
import { parseTarget } from '../../../../lib/kinds/postgres/schema.ts';
import { setUpAccount } from '../../../../lib/rehearsal/estates/account.ts';
import { createAdminSecrets } from '../../../../lib/rehearsal/estates/admin-secrets.ts';
import { createCertificateAuthority } from '../../../../lib/rehearsal/estates/certificates.ts';
import { fill } from '../../../../lib/rehearsal/estates/fill.ts';
import { openUse } from '../../../../lib/rehearsal/estates/services/uses/postgres.ts';
import { standIn } from '../../../../lib/rehearsal/stand-ins/postgres/index.ts';
import type { Targets } from '../../../../lib/rehearsal/stand-ins/stand-in.ts';
import { startSimulator } from '../../../../lib/simulator/index.ts';
import type { SecretsManager } from '../../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { SimulatedWorld } from '../../../../lib/simulator/world.ts';
import { pgbouncerInstalled } from '../../../support/pgbouncer-server.ts';

describe.runIf(pgbouncerInstalled()).each(['query', { userlist: 'shop/pooler-users' }])(
  'a pooler with auth %j',
  (auth) => {
    const name = 'shop/db';
    const declaration: SecretDeclaration = {
      kind: 'postgres',
      policy: 'monthly',
      target: {
        host: 'db.example',
        database: 'shop',
        user: 'app',
        adminSecret: 'shop/db-admin',
        poolers: [
          {
            host: 'pooler.example',
            consoleSecret: 'shop/pooler-console',
            auth,
            tls: { plaintext: 'a pooler of a test, on loopback' },
          },
        ],
      },
      views: { 'shop/POOLED_URL': 'postgresql://{username:url}:{password:url}@pooler.example:6432/{dbname}' },
      noConsumers: 'a test',
    };
    const authority = createCertificateAuthority('Rehearsal CA');
    let world: SimulatedWorld;
    let targets: Targets;
    let aimed: SecretDeclaration;
    let value: string;
    beforeAll(async () => {
      world = await startSimulator();
      const admins = createAdminSecrets();
      targets = await standIn.start([{ name, declaration }], { world, authority, admins, logsStatements: true });
      aimed = targets.aim({ name, declaration });
      value = await targets.credential({ name, declaration });
      await setUpAccount(world, [{ name, declaration: aimed, firstValue: value }], admins);
    });
    afterAll(async () => {
      await targets.stop();
      await world.close();
    });

    it('is a PgBouncer that the view leads to, and that lets the credential in', async () => {
      const [pooler] = parseTarget(aimed.target).poolers;
      const view = templateOf(aimed.views?.['shop/POOLED_URL'] ?? '');
      expect(view).toContain(`@127.0.0.1:${pooler?.port}/`);
      const use = openUse({
        fields: {},
        urls: [new URL(fill(view, value))],
        settings: targets.settings({ name, declaration: aimed }) as Record<string, unknown>,
        ca: authority.certificate,
        service: 'a-service',
      });
      await use.check();
      await use.work();
      await use.close();
      expect(await targets.log()).toContain('login attempt: db=shop user=app tls=TLSv1.3');
    });

    it('has its console’s login where the inventory says', () => {
      const manager = world.service<SecretsManager>('secretsmanager');
      expect(Object.keys(JSON.parse(manager.value('shop/pooler-console')))).toEqual(['username', 'password']);
      if (auth !== 'query') expect(manager.value('shop/pooler-users')).toContain('"app" "');
    });
  },
);
