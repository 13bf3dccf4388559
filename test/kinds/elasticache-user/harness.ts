import type { Clock } from '../../../lib/core/clock.ts';
import { SecretValue } from '../../../lib/core/secret-value.ts';
import { elasticacheUser } from '../../../lib/kinds/elasticache-user/facts.ts';
import { createKind } from '../../../lib/kinds/elasticache-user/index.ts';
import { parseTarget, type Target } from '../../../lib/kinds/elasticache-user/schema.ts';
import type { Credential } from '../../../lib/kinds/shared/redis-user/credential.ts';
import { startSimulator } from '../../../lib/simulator/index.ts';
import type { ElastiCache, NewCacheUser } from '../../../lib/simulator/services/elasticache/elasticache.ts';
import type { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import type { SimulatedWorld } from '../../../lib/simulator/world.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { briskClock } from '../../support/clocks.ts';
import type { KindEstate, KindHarness } from '../../support/describe-kind.ts';
import { policyOf } from '../../support/policy.ts';
import { type RedisServers, startRedis } from '../../support/redis-server.ts';
import {
  failedLoginsOf,
  logInEverywhere,
  openUse,
  operatorAt,
  passPromotion,
  sha256,
  spoil,
} from '../redis/harness.ts';

export interface ClusterOptions {
  /** Beside the primary. Default 0. */
  replicas?: number;
  /** Withholds CLIENT LIST and CLIENT KILL; the target says `noSessions`. */
  serverless?: boolean;
  /** How long a change of a user takes to arrive. Default 5: `briskClock` waits 10 to 50 ms between two looks. */
  cacheUserMs?: number;
}

/** The simulator's ElastiCache over the wire, with real servers behind it that speak TLS. */
export interface Cluster {
  servers: RedisServers;
  world: SimulatedWorld;
  elasticache: ElastiCache;
  /** PEM. */
  ca: string;
  serverless: boolean;
  /** Who signs from now on: with the statements of the kind's facts, or with none. Sets AWS_*, as Lambda does. */
  signAs(who: 'keyturn' | 'nobody'): void;
  stop(): Promise<void>;
}

export async function startCluster({
  replicas = 0,
  serverless = false,
  cacheUserMs = 5,
}: ClusterOptions = {}): Promise<Cluster> {
  const authority = createCertificateAuthority();
  const { certificate, key } = authority.issue(['127.0.0.1', 'localhost']);
  const ca = authority.certificate;
  const servers = await startRedis({ replicas, tls: { certificate, key, ca } });
  const world = await startSimulator({ iamPropagationMs: 0, cacheUserMs });
  const iam = world.service<Iam>('iam');
  const elasticache = world.service<ElastiCache>('elasticache');
  const operators = await Promise.all(servers.nodes.map(operatorAt));
  await elasticache.attach({ nodes: operators, serverless });
  const place = { partition: 'aws', region: world.region, account: world.accountId };
  const statements = { keyturn: elasticacheUser.needs.rotate(place), nobody: [] };
  const keys: Record<string, { accessKeyId: string; secretAccessKey: string }> = {};
  for (const who of ['keyturn', 'nobody'] as const) {
    await iam.createUser({ userName: who, policies: { needs: policyOf(statements[who]) } });
    keys[who] = iam.createAccessKey(who);
  }
  const cluster: Cluster = {
    servers,
    world,
    elasticache,
    ca,
    serverless,
    signAs(who) {
      process.env['AWS_ENDPOINT_URL'] = world.endpoint;
      process.env['AWS_REGION'] = world.region;
      process.env['AWS_ACCESS_KEY_ID'] = keys[who]?.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = keys[who]?.secretAccessKey;
    },
    async stop() {
      await world.close();
      await Promise.all(operators.map((operator) => operator.end()));
      await servers.stop();
    },
  };
  cluster.signAs('keyturn');
  return cluster;
}

export interface EstateOptions {
  /** Changes to the user as ElastiCache has it. */
  user?: Partial<NewCacheUser>;
  /** Changes to the target as the inventory says it. */
  target?: Record<string, unknown>;
  /** The admin's access string. */
  admin?: string;
  clock?: Clock;
}

export interface CacheEstate extends KindEstate<Target> {
  readonly user: string;
  readonly userId: string;
  failedLogins(): Promise<number>;
}

let count = 0;

export const adminAccess = 'on +info +cluster|info +client|list +client|kill';

/** A user with one password, and an admin, both of their own. */
export async function makeEstate(cluster: Cluster, options: EstateOptions = {}): Promise<CacheEstate> {
  count += 1;
  const { servers, elasticache, ca, serverless } = cluster;
  const [userId, user, admin] = [`app-${count}`, `app${count}`, `observer${count}`];
  const [password, adminPassword] = [`first-password-${count}`, `admin-password-${count}`];
  await elasticache.createUser({
    userId,
    userName: user,
    accessString: 'on ~app:* &news -@all +@read +@write +ping -@dangerous',
    passwords: [password],
    tags: { 'keyturn:managed': 'true' },
    ...options.user,
  });
  await elasticache.createUser({
    userId: admin,
    accessString: options.admin ?? adminAccess,
    passwords: [adminPassword],
  });
  const { primary, nodes } = servers;
  const place = { host: primary.host, port: primary.port };
  const target = parseTarget({
    userId,
    user,
    ...place,
    nodes: nodes.map(({ host, port }) => ({ host, port })),
    ...(serverless ? { noSessions: 'a test of what serverless withholds' } : { adminSecret: 'cache/observer' }),
    tls: { ca },
    ...options.target,
  });
  const document = { engine: 'redis', ...place, username: user, password };
  const value = (changes: Record<string, unknown>) => SecretValue.of(JSON.stringify({ ...document, ...changes }));
  return {
    user,
    userId,
    target,
    current: value({}),
    absentIdentity: `${user}#0123456789abcdef`,
    otherSecrets: [adminPassword, sha256(password), sha256(adminPassword)],
    mismatches: {
      host: value({ host: 'elsewhere.example' }),
      port: value({ port: 1 }),
      username: value({ username: admin }),
    },
    context: (signal = new AbortController().signal) => ({
      target,
      secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:cache/app-AbCdEf',
      admin: async () => SecretValue.of(JSON.stringify({ username: admin, password: adminPassword })),
      clock: options.clock ?? briskClock,
      signal,
    }),
    logIn: (credential) => logInEverywhere(nodes, credential, ca),
    ...(serverless ? { tellsUse: false } : { promotion: passPromotion }),
    async use(credential) {
      const { alive, end } = await openUse(primary.port, credential, ca);
      return serverless || alive === undefined ? { end } : { alive, end };
    },
    spoil,
    failedLogins: () => failedLoginsOf(nodes, [user, admin]),
  };
}

/** For `describeKind`. */
export async function startHarness(options: ClusterOptions = {}): Promise<KindHarness<Target, Credential>> {
  const cluster = await startCluster(options);
  return { kind: createKind(), atOnce: 3, estate: () => makeEstate(cluster), stop: () => cluster.stop() };
}
