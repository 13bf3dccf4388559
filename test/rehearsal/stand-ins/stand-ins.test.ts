import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { templateOf } from '../../../lib/inventory/views.ts';
import { factsOf, kindIds } from '../../../lib/kinds/registry.ts';
import { type AdminSecrets, createAdminSecrets } from '../../../lib/rehearsal/estates/admin-secrets.ts';
import { createCertificateAuthority } from '../../../lib/rehearsal/estates/certificates.ts';
import { everyKind } from '../../../lib/rehearsal/estates/every-kind.ts';
import { fill } from '../../../lib/rehearsal/estates/fill.ts';
import { injectionsOf } from '../../../lib/rehearsal/estates/given.ts';
import type { UseModule } from '../../../lib/rehearsal/estates/services/use.ts';
import { standIns } from '../../../lib/rehearsal/stand-ins/registry.ts';
import type { DeclaredSecret, Targets } from '../../../lib/rehearsal/stand-ins/stand-in.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';

const authority = createCertificateAuthority('Rehearsal CA');

/** The text, or every text of a list or an object, with its last letters changed. */
function damaged(text: unknown): unknown {
  if (typeof text === 'string')
    return text.startsWith('[') ? text.replace(/.{4}"/g, 'ZZZZ"') : `${text.slice(0, -4)}ZZZZ`;
  if (typeof text !== 'object' || text === null) return text;
  const secret = ['k', 'token'];
  return Object.fromEntries(
    Object.entries(text).map(([name, part]) => [
      name,
      typeof part === 'object' || secret.includes(name) ? damaged(part) : part,
    ]),
  );
}

describe.each(kindIds)('what stands in for %s', (kind) => {
  const standIn = standIns[kind];
  const name = `kinds/${kind}`;
  const facts = factsOf(kind);
  let world: SimulatedWorld;
  let admins: AdminSecrets;
  let targets: Targets;
  let aimed: DeclaredSecret;
  let value: string;
  /** A service that is another's target. */
  let verifier: Server | undefined;

  beforeAll(async () => {
    if (standIn.missing !== undefined) return;
    const declaration = everyKind.secrets[name];
    if (declaration === undefined) throw new Error(`no sample of ${kind}`);
    world = await startSimulator({ iamPropagationMs: 0, cacheUserMs: 0 });
    admins = createAdminSecrets();
    const declared = { name, declaration };
    targets = await standIn.start([declared], { world, authority, admins, logsStatements: true });
    aimed = { name, declaration: targets.aim(declared) };
    value = await targets.credential(declared);
    if (targets.connect === undefined) return;
    const { routes = {} } = await use(value);
    const server = createServer((request, response) => void routes[request.url ?? '']?.(request, response));
    verifier = server;
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    targets.connect(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    verifier?.closeAllConnections();
    verifier?.close();
    await targets?.stop();
    await world?.close();
  });

  /** The credential with all of its identity and its secret changed a little. */
  function spoilt(): string {
    const { target } = aimed.declaration;
    const roles = { ...facts.fields, ...facts.fieldsOf?.(facts.parseTarget(target)) };
    const fields = Object.entries(JSON.parse(value) as Record<string, unknown>).map(([field, text]) => {
      const isPlain = field !== 'keys' && (roles[field] ?? 'plain') === 'plain';
      return [field, isPlain ? text : damaged(text)];
    });
    return JSON.stringify(Object.fromEntries(fields));
  }

  async function use(given: string) {
    const injection = injectionsOf([aimed]).get(name);
    const views = aimed.declaration.views ?? {};
    const injected = (variable: string) => {
      const { secret = '', key } = injection?.variables[variable] ?? {};
      const view = views[secret];
      if (view !== undefined) return fill(templateOf(view), given);
      return String((JSON.parse(given) as Record<string, unknown>)[key ?? '']);
    };
    const path = resolve(`lib/rehearsal/estates/services/uses/${kind}.ts`);
    const { openUse } = (await import(pathToFileURL(path).href)) as UseModule;
    process.env['AWS_ENDPOINT_URL'] = world.endpoint;
    process.env['AWS_REGION'] = world.region;
    return openUse({
      fields: Object.fromEntries(
        Object.entries(injection?.fields ?? {}).map(([field, variable]) => [field, injected(variable)]),
      ),
      urls: (injection?.urls ?? []).map((variable) => new URL(injected(variable))),
      settings: JSON.parse(JSON.stringify(targets.settings(aimed))),
      ca: authority.certificate,
      service: 'a-service',
    });
  }

  it.skipIf(standIn.missing)('is aimed at this machine: the kind takes the target, at addresses on loopback', () => {
    expect(() => facts.parseTarget(aimed.declaration.target)).not.toThrow();
    expect(JSON.stringify(aimed.declaration)).not.toContain('.example');
  });

  it.skipIf(standIn.missing)('accepts the first credential, and refuses another', async () => {
    expect(await targets.ask(aimed, value)).toBe('accepted');
    expect(await targets.ask(aimed, spoilt())).toBe('refused');
  });

  it.skipIf(standIn.missing)('serves a service with it, and none with another', async () => {
    const good = await use(value);
    await good.check();
    await good.work();
    await good.work();
    await good.close();
    const bad = await use(spoilt());
    // A service whose target is another service signs in by itself.
    if (targets.connect === undefined) await expect(bad.check()).rejects.toThrow();
    await expect(bad.work()).rejects.toThrow();
    await bad.close();
  });

  it.skipIf(standIn.missing)('takes the same credential when it went away and is back', async () => {
    if (targets.goAway === undefined) return;
    const back = targets.goAway(aimed, 200);
    let refusals = 0;
    for (let isBack = false; !isBack; isBack = await Promise.race([back.then(() => true), wait(20, false)]))
      refusals += await targets.ask(aimed, value).then(
        () => 0,
        () => 1,
      );
    expect(refusals).toBeGreaterThan(0);
    expect(await targets.ask(aimed, value)).toBe('accepted');
  });

  it.skipIf(standIn.missing)('counts nothing of what services did', async () => {
    const service = await use(value);
    // Some servers' logs have whole seconds: what went before is not of the next but one.
    await wait(2_000);
    const fromMs = Date.now();
    await service.work();
    await service.work();
    const toMs = Date.now();
    await service.close();
    const work = await targets.work?.(aimed, { fromMs, toMs }, undefined);
    if (work !== undefined) expect(work).toEqual({ failedLogins: 0, connections: 0, requests: 0 });
  });

  it.skipIf(standIn.missing)('has written no password of its own into its log', async () => {
    const { password, secretAccessKey } = JSON.parse(value) as Record<string, string>;
    const log = await targets.log();
    for (const secret of [password, secretAccessKey, ...[...admins.all.values()].map((admin) => admin.secret)]) {
      if (secret !== undefined) expect(log.includes(secret), 'a secret stands in the log').toBe(false);
    }
  });
});
