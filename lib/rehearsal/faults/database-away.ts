import { secretNameOf } from '../../core/secret-arn.ts';
import { functionNames } from '../../infra/names.ts';
import type { Lambda } from '../../simulator/lambda/lambda.ts';
import { CannotStart } from '../estates/cannot-start.ts';
import { secretsOf } from '../estates/declared.ts';
import type { Estate } from '../estates/estate.ts';
import type { DeclaredSecret } from '../stand-ins/stand-in.ts';
import type { Expectation, Outage } from './index.ts';

/** Shorter than Secrets Manager and Step Functions keep trying, longer than any one try. */
const awayMs = 1_500;
/** From a server that answers again to services that have noticed: a pooler before it asks again after a second. */
const recoveryMs = 2_000;

/** When a database that goes away hurts most, by the function that is at work and what it was told. */
const moments = [
  { functionName: functionNames.rotate, tells: { Step: 'setSecret' } },
  { functionName: functionNames.retire, tells: { op: 'disable' } },
] as const;

/**
 * The server of one secret goes away in the middle of setSecret and in the middle of disabling, and comes back by itself. Its
 * services cannot answer meanwhile, whoever asks; everything else goes on, and both tries are made again.
 */
export function databaseAway({
  world,
  inventory,
  services,
  targetsOf,
}: Pick<Estate, 'world' | 'inventory' | 'services' | 'targetsOf'>): Expectation {
  const secret = secretsOf(inventory).find(({ declaration }) => targetsOf(declaration.kind).goAway !== undefined);
  if (secret === undefined)
    throw new CannotStart('no secret of this inventory lives at a server that can be taken away here');
  const { name, declaration } = secret;
  const targets = targetsOf(declaration.kind);
  const usersOfIt = services
    .filter(({ secrets }) => secrets.some((used) => addressOf(used) === addressOf(secret)))
    .map((service) => service.name);
  const outages: Outage[] = [];
  const failures: string[] = [];
  for (const { functionName, tells } of moments) {
    let isDue = true;
    world.service<Lambda>('lambda').watch(functionName(declaration.kind), (event) => {
      if (!isDue || !says(event, name, tells)) return;
      isDue = false;
      goAway().catch(() => failures.push(`the server of ${name} did not come back`));
    });
  }
  return {
    results: {},
    interrupted: true,
    outages: () => outages.map(({ toMs, ...outage }) => ({ ...outage, toMs: Math.min(toMs, Date.now()) })),
    missed() {
      const times = `the server of ${name} went away ${outages.length} times, not ${moments.length}`;
      return outages.length === moments.length ? failures : [times, ...failures];
    },
  };

  async function goAway(): Promise<void> {
    const outage = { services: usersOfIt, fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
    outages.push(outage);
    await targets.goAway?.({ name, declaration }, awayMs);
    outage.toMs = Date.now() + recoveryMs;
  }
}

function addressOf({ declaration }: DeclaredSecret): string {
  const { host, port } = declaration.target as { host?: string; port?: number };
  return `${declaration.kind} at ${host}:${port}`;
}

/** Whether an event is about the secret and says so. */
function says(event: unknown, name: string, tells: Readonly<Record<string, string>>): boolean {
  const words = event as Readonly<Record<string, unknown>>;
  const arn = String(words['SecretId'] ?? words['secretArn']);
  return secretNameOf(arn) === name && Object.entries(tells).every(([key, value]) => words[key] === value);
}
