import { KeyturnError } from '../../core/errors.ts';
import type { LastUse } from '../../core/kind.ts';
import type { Credential } from './credential.ts';
import { byPort, type Context, type Doors, look } from './hosts.ts';
import { type Host, nameOf } from './schema.ts';
import { judge, parseSighting } from './sightings.ts';

/**
 * Logins and open sessions of the key, at every host. What a host cannot tell is unknown, unless another says used, or the
 * inventory has said why that is enough.
 */
export async function lastUse(
  doors: Doors,
  context: Context,
  credential: Credential,
  sinceMs: number,
): Promise<LastUse> {
  const answers: LastUse[] = [];
  for (const hosts of byPort(context.target.hosts))
    answers.push(...(await ask(doors, context, credential, hosts, sinceMs)));
  const used = answers.filter((answer) => answer.state === 'used');
  if (used.length > 0) return { state: 'used', detail: used.map(({ detail }) => detail).join('; ') };
  const unknown = answers.find((answer) => answer.state === 'unknown');
  return unknown === undefined || context.target.noLastUse !== undefined ? { state: 'unused' } : unknown;
}

async function ask(
  doors: Doors,
  context: Context,
  credential: Credential,
  hosts: readonly Host[],
  sinceMs: number,
): Promise<LastUse[]> {
  const { clock, target } = context;
  const askedAtMs = clock.nowMs();
  try {
    const outputs = await look(doors, context, credential, hosts, sinceMs);
    const answeredAtMs = clock.nowMs();
    return outputs.map((output, at) => {
      const host = hosts[at];
      const sighting = parseSighting(output, target.user, credential.publicKey.fingerprint);
      return judge(sighting, { host: host ? nameOf(host) : '', sinceMs, askedAtMs, answeredAtMs });
    });
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    return [{ state: 'unknown', detail: `${error.code}: ${error.message}` }];
  }
}
