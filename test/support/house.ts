import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { ensureRollout } from '../../lib/aws/ensure-rollout.ts';
import { secretStore } from '../../lib/aws/secret-store.ts';
import { settledAt } from '../../lib/aws/settled-at.ts';
import type { Check, Health } from '../../lib/core/check.ts';
import type { Clock } from '../../lib/core/clock.ts';
import type { Consumer, ConsumerVersion, Progress } from '../../lib/core/consumer.ts';
import { hashOf, type SecretEntry } from '../../lib/core/entry.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import type { Evidence } from '../../lib/core/evidence/evidence.ts';
import type { Kind } from '../../lib/core/kind.ts';
import { labels } from '../../lib/core/labels.ts';
import type { SecretStore } from '../../lib/core/ports.ts';
import { executionName } from '../../lib/core/rollout/name.ts';
import { performProbe } from '../../lib/core/rollout/perform-probe.ts';
import { performRefresh } from '../../lib/core/rollout/perform-refresh.ts';
import { performRetirement } from '../../lib/core/rollout/perform-retirement.ts';
import { performRollout } from '../../lib/core/rollout/perform-rollout.ts';
import { ConsumerRequest, ProbeRequest, RetireRequest, RolloutRequest } from '../../lib/core/rollout/requests.ts';
import { RotationEvent } from '../../lib/core/rotation/event.ts';
import type { RotationParts } from '../../lib/core/rotation/parts.ts';
import { rotate } from '../../lib/core/rotation/rotator.ts';
import { waitingVersion } from '../../lib/core/rotation/supplied-label.ts';
import { SecretValue } from '../../lib/core/secret-value.ts';
import { rolloutDefinition } from '../../lib/infra/definitions/rollout.ts';
import type { Channel } from '../../lib/rehearsal/leaks/search.ts';
import { Iam } from '../../lib/simulator/services/iam/iam.ts';
import { SecretsManager } from '../../lib/simulator/services/secrets-manager/secrets-manager.ts';
import { registerStates, type States } from '../../lib/simulator/states/states.ts';
import { AwsError, type BusEvent, type Service } from '../../lib/simulator/types.ts';
import { createWorld, type SimulatedWorld } from '../../lib/simulator/world.ts';
import { realClock } from './clocks.ts';
import { mustNotLeak } from './leaks.ts';
import { chosenMemoryKind, MemoryTarget, mintedMemoryKind } from './memory-kind.ts';
import { type Faults, Killed, Seam } from './seam.ts';

/** Of the credential that the house begins with. */
export const firstPassword = 'pass/f1rst-Hq7RzX2vKdM9';

export const arn = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;

/** A consumer in memory: it has the version that was current when it was last refreshed. */
export class MemoryConsumer {
  runsOn: string | undefined;
  refreshes = 0;
  /** What `progress` answers for a version; converged by default. */
  progressOf: (version: ConsumerVersion) => Progress = () => ({ state: 'converged', detail: 'all on the new version' });
  /** Called when a refresh starts, after `runsOn` was set: it reads what is current then. */
  onStart: () => void | Promise<void> = () => undefined;
  healthOf: () => Health | Promise<Health> = () => ({ state: 'healthy' });

  /** @internal as the product sees it */
  asConsumer(): Consumer {
    return {
      facts: { id: 'memory', title: 'memory', parseConfig: (config) => config, needs: () => [], network: false },
      adopt: async (_, version) => (this.runsOn === version.versionId ? { ...version } : undefined),
      start: async (_, version) => {
        this.refreshes += 1;
        this.runsOn = version.versionId;
        await this.onStart();
        return { ...version };
      },
      progress: async (_, ticket) => this.progressOf(ticket),
    };
  }
}

export interface House {
  world: SimulatedWorld;
  states: States;
  store: SecretStore;
  /** SDK clients, in process. */
  clients: { secretsManager: SecretsManagerClient; stepFunctions: SFNClient; machineArn: string };
  kind: Kind;
  target: MemoryTarget;
  consumers: Map<string, MemoryConsumer>;
  /** By name; what is added can be invoked by another machine. */
  functions: Record<string, (payload: unknown) => Promise<object | void>>;
  secretArn: string;
  entry: SecretEntry;
  records: Evidence[];
  messages: string[];
  parts: RotationParts;
  /** What was written that is kept nowhere else: every error that a function threw, whole, and the bus's events. */
  written: { errors: string[]; events: BusEvent[] };
  /** Further texts in which no secret may stand, such as what a command printed. */
  alsoWritten: (() => Channel | Promise<Channel>)[];
  /** Called before a function is invoked; throwing kills the invocation. */
  beforeInvoke: (functionName: string, payload: { op?: string; Step?: string }) => void | Promise<void>;
  /** Invocations that have begun and not ended, whoever still waits for them. */
  invocations: Set<{ op: string }>;
  /** Called after a function's invocation failed. */
  afterFailure: (functionName: string) => Promise<void>;
  /** Whether Secrets Manager is at work on the rotation, or will try it again. */
  isRotating(): boolean;
  /** Another attempt of the open rollout, from the labels. */
  resume(): Promise<void>;
  /** Another secret with a credential of its own, and the inventory's entry of it. */
  addSecret(name: string, userName: string, change: Partial<SecretEntry>): string;
  /** Where a human makes the values: one waits for the next rotation. */
  bring(): Promise<void>;
  /** Starts RotateSecret and returns the new version's id. */
  start(token?: string, secretArn?: string): Promise<string>;
  /** What a consumer that starts now is given: AWSCURRENT's value, read by nobody of Keyturn's. */
  current(): Promise<SecretValue>;
  /** RotateSecret, and waits until its rollout is closed. Returns the rollout's status and the version. */
  turn(): Promise<{ status: string; versionId: string; error: string | undefined }>;
  rolloutOf(
    versionId: string,
    attempt?: number,
    secretArn?: string,
  ): Promise<{ status: string; error: string | undefined }>;
  labelsOf(secretId?: string): Promise<Record<string, string>>;
  /** One of the four steps, in process. */
  step(step: string, token: string): Promise<void>;
  /** Ends it, and throws when a secret stands anywhere that it may not. */
  close(): Promise<void>;
}

/** A kind with a target of its own, in place of the one in memory. */
export interface HouseEstate {
  kind: Kind;
  /** The inventory's `target`. */
  target: unknown;
  initial: SecretValue;
  adminSecret: { name: string; value: SecretValue } | undefined;
  /** Secrets beside the admin's, and how a new text of one comes to the target. */
  further?: { secrets: Readonly<Record<string, string>>; deliver(secret: string, text: string): Promise<void> };
  clock: Clock;
  /** Who brings the values of a supplied kind, and destroys the old ones when asked to. */
  human?: { supply(): SecretValue; destroy(identity: string): Promise<void> } | undefined;
}

interface Options {
  /** Secrets beside the one that rotates. Default those of the estate. */
  further?: HouseEstate['further'];
  kind?: 'chosen' | 'minted';
  estate?: HouseEstate;
  /** Every external call of every function passes here. */
  seam?: Seam;
  /** How often Secrets Manager tries a rotation. Default 5. */
  rotationAttempts?: number;
  /** Default 60. */
  promotionSeconds?: number;
  /** Whether Step Functions retries a task. Default true. */
  taskRetries?: boolean;
  entry?: Partial<SecretEntry>;
  /** Consumers by name; default one, `api`. */
  consumers?: string[];
  initial?: string;
}

/** All of Keyturn's core with a simulated Secrets Manager and Step Functions, in one process and without waits. */
export async function buildHouse(options: Options = {}): Promise<House> {
  const world = createWorld({ iamPropagationMs: 0 });
  const seam = options.seam ?? new Seam();
  const rotationAttempts = options.rotationAttempts ?? 5;
  const secrets = new SecretsManager(world, { rotationRetryMs: 1, rotationAttempts });
  world.register(secrets);
  const target = new MemoryTarget();
  const kind =
    options.estate?.kind ?? (options.kind === 'minted' ? mintedMemoryKind(target) : chosenMemoryKind(target));
  const consumers = new Map((options.consumers ?? ['api']).map((name) => [name, new MemoryConsumer()]));
  const { signal } = new AbortController();
  const secretsManager = directClient<SecretsManagerClient>(world, 'secretsmanager', seam);
  const store = secretStore(secretsManager, signal);
  const stepFunctions = directClient<SFNClient>(world, 'states', seam);
  target.accounts.set('app', { password: firstPassword, enabled: true, used: true });
  const initial = options.initial ?? JSON.stringify({ name: 'app', password: firstPassword, host: 'memory.internal' });
  const first = options.estate?.initial.reveal() ?? initial;
  const secretArn = secrets.create({ name: 'house/db', secretString: first });
  const admin = options.estate?.adminSecret;
  if (admin) secrets.create({ name: admin.name, secretString: admin.value.reveal() });
  const stopDelivery = deliverChanges(secrets, options.further ?? options.estate?.further);
  for (const { secret } of options.entry?.views ?? []) secrets.create({ name: secret, secretString: 'before' });
  const entry: SecretEntry = {
    secret: 'house/db',
    kind: 'memory',
    policy: 'monthly',
    maximumAgeDays: 35,
    target: options.estate?.target ?? {},
    views: [],
    waves: [...consumers.keys()].map((name) => [consumerEntry(name)]),
    timings: {
      soakSeconds: 0,
      graceSeconds: 0,
      gateSeconds: 0,
      coalesceSeconds: 0,
      skewSeconds: 0,
      pollSeconds: 0,
      promotionSeconds: options.promotionSeconds ?? 60,
      rotationSeconds: 0,
      humanSeconds: 60,
      reminderSeconds: 0,
    },
    ...options.entry,
  };
  const records: Evidence[] = [];
  const messages: string[] = [];
  const written: House['written'] = { errors: [], events: [] };
  world.onEvent((event) => written.events.push(event));
  // All that a careless logger could print of it: its causes and its fields too.
  const noteError = (error: unknown) => written.errors.push(inspect(error, { depth: 8, showHidden: true }));
  const clock = options.estate?.clock ?? realClock;
  const others = new Map<string, SecretEntry>();
  const entryOf = async (name: string) => structuredClone(others.get(name) ?? house.entry);
  const machineArn = `arn:aws:states:${world.region}:${world.accountId}:stateMachine:rollout`;
  const perform = (service: string, operation: string, input: object) =>
    world.perform(world.identities.rootPrincipal, service, operation, input);
  const parts: RotationParts = {
    kind,
    store,
    clock,
    signal,
    entryOf,
    ensureRollout: (ref) => ensureRollout(stepFunctions, machineArn, ref, signal),
    settledAt: (ref) => settledAt(stepFunctions, machineArn, ref, signal),
    discardOrphan: async (orphan) => {
      await performRetirement({ op: 'discard-orphan', ...orphan }, parts);
    },
  };
  const functions: Record<string, (payload: unknown) => Promise<object | void>> = {
    rotate: (payload) => rotate(RotationEvent.parse(payload), parts),
    'retire-memory': (payload) => performRetirement(RetireRequest.parse(payload), parts),
    rollout: (payload) =>
      performRollout(RolloutRequest.parse(payload), {
        store,
        clock,
        entryOf,
        hashOf,
        functions: {
          'retire:memory': arn('retire-memory'),
          'refresh:memory': arn('refresh-memory'),
          'probe:memory': arn('probe-memory'),
        },
        revocationOf: ({ target }) => ({
          destroys: kind.facts.destroys,
          reversible: kind.facts.reversible?.(kind.facts.parseTarget(target)) ?? true,
        }),
        record: async (evidence) => void records.push(evidence),
        async notify(subject, message) {
          messages.push(subject);
          if ('task' in message) await options.estate?.human?.destroy(message.identity);
        },
      }),
    async 'refresh-memory'(payload) {
      const request = ConsumerRequest.parse(payload);
      return performRefresh(request, { consumer: named(consumers, request.consumer.name).asConsumer(), clock });
    },
    async 'probe-memory'(payload) {
      const request = ProbeRequest.parse(payload);
      const { name } = request.check.config as { name: string };
      const check: Check = {
        facts: { id: 'memory', title: 'memory', parseConfig: (config) => config, needs: () => [], network: false },
        probe: async () => named(consumers, name).healthOf(),
      };
      return performProbe(request, { check, clock, signal });
    },
  };
  world.register(
    inProcessLambda(functions, seam, {
      before: async (name, payload) => house.beforeInvoke(name, payload as { op?: string }),
      began: (invocation) => void house.invocations.add(invocation),
      ended: (invocation) => void house.invocations.delete(invocation),
      async failed(name, error) {
        noteError(error);
        await house.afterFailure(name);
      },
    }),
  );
  const states = registerStates(world);
  const iam = new Iam(world);
  world.register(iam);
  await iam.createRole({ roleName: 'machine', trustPolicy });
  states.create({
    name: 'rollout',
    roleArn: `arn:aws:iam::${world.accountId}:role/machine`,
    definition: definitionOf(options.taskRetries ?? true),
  });
  const house: House = {
    world,
    states,
    store,
    clients: { secretsManager, stepFunctions, machineArn },
    kind,
    target,
    functions,
    consumers,
    secretArn,
    entry,
    records,
    messages,
    parts,
    written,
    alsoWritten: [],
    beforeInvoke: () => undefined,
    invocations: new Set(),
    afterFailure: async () => undefined,
    isRotating() {
      const last = secrets.rotations.at(-1);
      const failures = secrets.rotations.filter(
        ({ event, versionId }) => event === 'RotationFailed' && versionId === last?.versionId,
      );
      return (
        last?.event === 'RotationStarted' || (last?.event === 'RotationFailed' && failures.length < rotationAttempts)
      );
    },
    async resume() {
      const { versionId } = JSON.parse(states.executionsOf().at(-1)?.input ?? '{}') as { versionId: string };
      await parts.ensureRollout({ secretArn, versionId });
    },
    addSecret(name, userName, change) {
      target.accounts.set(userName, { password: 'first', enabled: true, used: true });
      others.set(name, { ...house.entry, secret: name, ...change });
      const value = { name: userName, password: 'first', host: 'memory.internal' };
      return secrets.create({ name, secretString: JSON.stringify(value) });
    },
    async bring() {
      const { human } = options.estate ?? {};
      if (human && waitingVersion(await store.describe(secretArn)) === undefined)
        await store.put(secretArn, randomUUID(), human.supply(), labels.supplied);
    },
    async start(versionId = randomUUID(), SecretId = secretArn) {
      await house.bring();
      const rules = { RotationLambdaARN: arn('rotate'), RotationRules: { AutomaticallyAfterDays: 30 } };
      await perform('secretsmanager', 'RotateSecret', { SecretId, ClientRequestToken: versionId, ...rules });
      return versionId;
    },
    async current() {
      const { SecretString } = (await perform('secretsmanager', 'GetSecretValue', { SecretId: secretArn })) as {
        SecretString: string;
      };
      return SecretValue.of(SecretString);
    },
    async turn() {
      const versionId = await house.start();
      return { versionId, ...(await house.rolloutOf(versionId)) };
    },
    async rolloutOf(versionId, attempt = 1, of = secretArn) {
      const executionArn = `${machineArn.replace(':stateMachine:', ':execution:')}:${executionName(of, versionId, attempt)}`;
      const deadlineMs = Date.now() + 10_000;
      let idleLooks = 0;
      while (!states.executionsOf().some((execution) => execution.arn === executionArn)) {
        idleLooks = house.isRotating() ? 0 : idleLooks + 1;
        // Where Secrets Manager tries no more, half a second is enough for whatever else may start one.
        if (idleLooks > 100 || Date.now() > deadlineMs) throw new Error(`no rollout of ${versionId} started`);
        await realClock.sleep(5);
      }
      await states.closed(executionArn);
      const { status, error } = (await perform('states', 'DescribeExecution', { executionArn })) as {
        status: string;
        error?: string;
      };
      return { status, error };
    },
    async labelsOf(secretId = secretArn) {
      const { versions } = await store.describe(secretId);
      return Object.fromEntries(Object.entries(versions).flatMap(([id, held]) => held.map((label) => [label, id])));
    },
    async step(Step, token) {
      const event = RotationEvent.parse({ Step, SecretId: secretArn, ClientRequestToken: token });
      await rotate(event, parts).catch((error: unknown) => {
        noteError(error);
        throw error;
      });
    },
    async close() {
      await stopDelivery();
      await world.close();
      await mustNotLeak(house);
    },
  };
  return house;
}

/** As deploying leaves it: the rotation function attached, and nothing rotated. */
export function attachRotation({ world, secretArn }: Pick<House, 'world' | 'secretArn'>): void {
  for (const secret of world.service<SecretsManager>('secretsmanager').secrets())
    if (secret.arn === secretArn)
      secret.rotation = { enabled: true, lambdaArn: arn('rotate'), rules: { AutomaticallyAfterDays: 35 } };
}

export function consumerEntry(name: string): SecretEntry['waves'][number][number] {
  const check = { type: 'memory', config: { name }, successes: 2, intervalSeconds: 0, deadlineSeconds: 0 };
  return { name, type: 'memory', config: {}, checks: [check], deadlineSeconds: 60, pollSeconds: 0, sharedWith: [] };
}

/** An agent at the target that looks for a secret's new text again and again. */
function deliverChanges(manager: SecretsManager, further: HouseEstate['further']): () => Promise<void> {
  const delivered = { ...further?.secrets };
  for (const [name, text] of Object.entries(delivered)) manager.create({ name, secretString: text });
  let stopped = further === undefined;
  const ended = (async () => {
    while (!stopped) {
      for (const secret of manager.secrets()) {
        const text = currentTextOf(secret);
        if (text === undefined || delivered[secret.name] === undefined || text === delivered[secret.name]) continue;
        await further?.deliver(secret.name, text);
        delivered[secret.name] = text;
      }
      await realClock.sleep(5);
    }
  })();
  return async () => {
    stopped = true;
    await ended;
  };
}

function currentTextOf({ versions }: ReturnType<SecretsManager['secrets']>[number]): string | undefined {
  const current = [...versions.values()].find(({ labels }) => labels.has('AWSCURRENT'));
  return current?.data && 'SecretString' in current.data ? current.data.SecretString : undefined;
}

/** The machine, with retries that cost no time, or none. */
function definitionOf(taskRetries: boolean): string {
  const definition = JSON.stringify(rolloutDefinition({ rolloutFunctionArn: arn('rollout') }));
  if (!taskRetries) return definition.replaceAll(/"MaxAttempts":\d+/g, '"MaxAttempts":0');
  return definition.replaceAll(/"IntervalSeconds":\d+/g, '"IntervalSeconds":0');
}

function named<T>(map: Map<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** An SDK client as far as the product uses it, over the simulated service and without HTTP in between. */
function directClient<Client>(world: SimulatedWorld, service: string, seam: Seam): Client {
  const send = async (command: { constructor: { name: string }; input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const call = () =>
      world.perform(world.identities.rootPrincipal, service, operation, command.input).catch(asSdkError);
    return seam.pass(`${service}:${operation}`, call, sdkFaults);
  };
  return { send } as Client;
}

const sdkError = (name: string, message: string) => Object.assign(new Error(message), { name });

function asSdkError(error: unknown): never {
  throw error instanceof AwsError ? sdkError(error.code, error.message) : error;
}

export const sdkFaults: Faults = {
  throttled: () => sdkError('ThrottlingException', 'Rate exceeded'),
  timedOut: () => sdkError('TimeoutError', 'socket hang up'),
};

function inProcessLambda(
  functions: Record<string, (payload: unknown) => Promise<object | void>>,
  seam: Seam,
  hooks: {
    before(name: string, payload: unknown): Promise<void>;
    failed(name: string, error: unknown): Promise<void>;
    began(invocation: { op: string }): void;
    ended(invocation: { op: string }): void;
  },
): Service {
  const Invoke = {
    needs: () => [],
    async run({ FunctionName, Payload }: { FunctionName: string; Payload?: string | Uint8Array }) {
      // Secrets Manager asks whether it may invoke (DryRun) when a rotation is set up.
      if (Payload === undefined) return { StatusCode: 204 };
      const name = FunctionName.split(':').at(-1) ?? '';
      const payload = JSON.parse(Buffer.from(Payload).toString('utf8')) as { op?: string };
      const invocation = { op: payload.op ?? '' };
      hooks.began(invocation);
      try {
        await hooks.before(name, payload);
        const answer = (await seam.invoke(name, async () => functions[name]?.(payload))) ?? null;
        return { StatusCode: 200, Payload: Buffer.from(JSON.stringify(answer)) };
      } catch (error) {
        const { name: errorType, message: errorMessage } = error as Error;
        if (!(error instanceof KeyturnError || error instanceof Killed))
          console.error(`${name} failed unexpectedly: ${String((error as Error).stack)}`);
        await hooks.failed(name, error);
        return {
          StatusCode: 200,
          FunctionError: 'Unhandled',
          Payload: Buffer.from(JSON.stringify({ errorType, errorMessage })),
        };
      } finally {
        hooks.ended(invocation);
      }
    },
  };
  return { name: 'lambda', operations: { Invoke } };
}

const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' }],
} as const;
