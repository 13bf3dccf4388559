import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ecsService } from '../../../lib/consumers/ecs-service/facts.ts';
import { createConsumer } from '../../../lib/consumers/ecs-service/index.ts';
import type { Config } from '../../../lib/consumers/ecs-service/schema.ts';
import type { Statement } from '../../../lib/core/statement.ts';
import type { EcsService, ServiceSetup } from '../../../lib/simulator/ecs/index.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { SecretsManager } from '../../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';
import type { ConsumerEstate, ConsumerHarness } from '../../support/describe-consumer.ts';

const app = [process.execPath, fileURLToPath(new URL('./app.mjs', import.meta.url))];
const cluster = 'main';

export interface EcsEstate extends ConsumerEstate<Config> {
  secretArn: string;
}

/**
 * ECS with real processes in the simulator, each service with a secret of its own and a principal with the facts' statements.
 * @param given one with IAM, Secrets Manager and ECS, listening; default a new one.
 */
export async function startSimulatedEcs(given?: SimulatedWorld) {
  const world = given ?? (await startSimulator({ iamPropagationMs: 0 }));
  const ecs = world.service<EcsService>('ecs');
  const iam = world.service<Iam>('iam');
  const secrets = world.service<SecretsManager>('secretsmanager');
  const roll = mkdtempSync(join(tmpdir(), 'keyturn-ecs-'));
  const root = world.identities.rootPrincipal;
  const executionRole = await iam.createRole({
    roleName: 'execution',
    trustPolicy: document([
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]),
    policies: { read: document([{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }]) },
  });
  let services = 0;

  /** A consumer that may do what its facts ask for, for these services. */
  async function consumerOf(configs: Config[]) {
    services += 1;
    const place = { partition: 'aws', region: world.region, account: world.accountId };
    const userName = `keyturn-${services}`;
    await iam.createUser({ userName, policies: { needs: policyOf(ecsService.needs(configs, place)) } });
    const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
    process.env['AWS_ENDPOINT_URL'] = world.endpoint;
    process.env['AWS_REGION'] = world.region;
    process.env['AWS_ACCESS_KEY_ID'] = accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = secretAccessKey;
    return createConsumer();
  }

  async function estate(
    setup: Partial<ServiceSetup> & {
      /** Default: one of its own, with a field `version`. */
      secret?: { arn: string; field: string };
      valueFrom?: string;
      whenScaledToZero?: Config['whenScaledToZero'];
    } = {},
  ): Promise<EcsEstate> {
    services += 1;
    const service = `app-${services}`;
    const { valueFrom = '', whenScaledToZero, secret, environment, ...others } = setup;
    const own = join(roll, service);
    const secretArn = secret?.arn ?? secrets.create({ name: service, secretString: '{}' });
    if (secret === undefined) await put(secretArn, randomUUID());
    mkdirSync(own);
    await ecs.createService({
      cluster,
      serviceName: service,
      command: app,
      environment: { ROLL: own, STOP_AFTER_MS: '150', ...environment },
      secrets: { VERSION: `${secretArn}:${secret?.field ?? 'version'}${valueFrom || '::'}` },
      executionRoleArn: executionRole.arn,
      desiredCount: 2,
      targetGroup: { healthPath: '/', intervalMs: 30, deregistrationDelayMs: 50 },
      ...others,
    });
    if (others.desiredCount !== 0) await ecs.steady(service, 20_000, cluster);
    const config: Config = { cluster, service, ...(whenScaledToZero && { whenScaledToZero }) };
    const aws = (operation: string, input: object) =>
      world.perform(root, 'ecs', operation, { cluster, ...input }) as Promise<Record<string, unknown>>;

    let present = true;
    return {
      consumer: await consumerOf([config]),
      config,
      secretArn,
      async promote() {
        const versionId = randomUUID();
        await put(secretArn, versionId);
        return { secretArn, versionId };
      },
      async runsOn() {
        const living = readdirSync(own).filter((pid) => isAlive(Number(pid)));
        return [...new Set(living.map((pid) => readIfThere(join(own, pid))))]
          .filter((version) => version !== '')
          .sort();
      },
      restarts: async () => ecs.restarts(service, cluster),
      async deploy() {
        await aws('UpdateService', { service, forceNewDeployment: true });
      },
      breakStarts() {
        ecs.onTaskStart(service, () => ({ environment: { BROKEN: 'yes' } }));
      },
      async scaleToZero() {
        await aws('UpdateService', { service, desiredCount: 0 });
      },
      async remove() {
        if (!present) return;
        present = false;
        await aws('DeleteService', { service, force: true });
      },
    };
  }

  async function put(secretArn: string, token: string): Promise<void> {
    const SecretString = JSON.stringify({ version: token });
    await world.perform(root, 'secretsmanager', 'PutSecretValue', {
      SecretId: secretArn,
      ClientRequestToken: token,
      SecretString,
    });
  }

  return {
    world,
    ecs,
    consumerOf,
    estate,
    async stop() {
      if (given === undefined) await world.close();
      rmSync(roll, { recursive: true, force: true });
    },
  };
}

export async function startHarness(): Promise<ConsumerHarness<Config>> {
  const { estate, stop } = await startSimulatedEcs();
  return {
    estate,
    stop,
    badConfigs: {
      'without a service': { cluster: 'main' },
      'with an ARN': { cluster: 'main', service: 'arn:aws:ecs:eu-west-1:123456789012:service/main/app' },
      'with an unknown field': { cluster: 'main', service: 'app', serviceName: 'app' },
      'that accepts zero without a reason': { cluster: 'main', service: 'app', whenScaledToZero: { accept: '' } },
      'that says something else of zero': { cluster: 'main', service: 'app', whenScaledToZero: 'ignore' },
    },
  };
}

function policyOf(statements: Statement[]) {
  return document(
    statements.map(({ actions, resources, conditions }) => ({
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
      ...(conditions && { Condition: conditions }),
    })),
  );
}

function document(Statement: object[]) {
  return { Version: '2012-10-17', Statement };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** '' for a file that is not written yet, or not there any more. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
