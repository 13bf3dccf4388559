import * as z from 'zod/mini';
import { requireEnv, serve } from './serve.ts';
import { Given, type Use, type UseModule } from './use.ts';

// The one program of every service in an estate: each request does a round of work with every credential that it was given.
// One that was given something that it cannot read runs, says so, and is never well.
serve(await open().catch(broken));

async function open(): Promise<Use> {
  const uses = await Promise.all(
    z
      .array(Given)
      .parse(JSON.parse(requireEnv('USES')))
      .map(openOne),
  );
  return {
    routes: Object.assign({}, ...uses.map(({ routes }) => routes)),
    work: () => Promise.all(uses.map((use) => use.work())),
    check: () => Promise.all(uses.map((use) => use.check())),
    close: async () => void (await Promise.all(uses.map((use) => use.close()))),
  };
}

async function openOne({ kind, fields, urls, settings }: Given): Promise<Use> {
  const { openUse } = (await import(`./uses/${kind}.ts`)) as UseModule;
  return openUse({
    fields: Object.fromEntries(Object.entries(fields).map(([field, variable]) => [field, requireEnv(variable)])),
    urls: urls.map((variable) => new URL(requireEnv(variable))),
    settings,
    ca: requireEnv('CA'),
    service: requireEnv('SERVICE'),
  });
}

function broken(error: unknown): Use {
  const fail = () => Promise.reject(error);
  return { work: fail, check: fail, close: async () => undefined };
}
