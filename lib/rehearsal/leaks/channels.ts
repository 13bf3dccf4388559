import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EcsService } from '../../simulator/ecs/index.ts';
import type { Lambda } from '../../simulator/lambda/lambda.ts';
import type { S3 } from '../../simulator/services/s3/s3.ts';
import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Sns } from '../../simulator/services/sns/sns.ts';
import type { Ssm } from '../../simulator/services/ssm/ssm.ts';
import type { States } from '../../simulator/states/states.ts';
import type { Estate } from '../estates/estate.ts';
import type { Channel } from './search.ts';

/** Everything that is written down anywhere but in Secrets Manager, the targets and the consumers. */
export async function channelsOf(estate: Estate, terminal: string): Promise<Channel[]> {
  const { world, events, settings, assembly, kinds, targetsOf } = estate;
  const manager = world.service<SecretsManager>('secretsmanager');
  const { objects } = world.service<S3>('s3').bucket(settings.evidenceBucket);
  const functions = world.service<Lambda>('lambda');
  const written = {
    "functions' logs": functions.logs(),
    "functions' configuration": functions.definitions(),
    'executions and their histories': world.service<States>('states').everything(),
    events,
    notifications: world.service<Sns>('sns').messages,
    evidence: [...objects.values()].flat().map(({ key, body }) => ({ key, body: body.toString() })),
    parameters: world.service<Ssm>('ssm').parameters.all(),
    "secrets' names and tags": manager
      .secrets()
      .map(({ name, description, tags }) => ({ name, description, tags: [...tags] })),
    'records of rotations': manager.rotations,
    'the log of calls': world.calls,
    ...Object.fromEntries(
      await Promise.all(
        kinds.map(async (kind) => [`the log of ${kind} targets`, await targetsOf(kind).log()] as const),
      ),
    ),
    "the services' logs": world.service<EcsService>('ecs').logs(),
    'the cloud assembly': await templates(assembly),
    'this terminal': terminal,
  };
  return Object.entries(written).map(([name, content]) => ({
    name,
    text: typeof content === 'string' ? content : JSON.stringify(content),
  }));
}

async function templates(assembly: string): Promise<string> {
  const files = (await readdir(assembly)).filter((file) => file.endsWith('.json'));
  return (await Promise.all(files.map((file) => readFile(join(assembly, file), 'utf8')))).join('\n');
}
