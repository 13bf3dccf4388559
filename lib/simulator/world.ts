import { randomUUID } from 'node:crypto';
import { realClock, type SimulatorClock } from './clock.ts';
import { assumeRole } from './iam/assume-role.ts';
import { Authorizer } from './iam/authorizer.ts';
import { IdentityStore } from './iam/identity-store.ts';
import {
  AwsError,
  type BusEvent,
  type Call,
  type CallRecord,
  type Credentials,
  type Operation,
  type Principal,
  type Service,
  type World,
} from './types.ts';
import { openDoor } from './wire/server.ts';

export interface WorldOptions {
  /** Default `123456789012`. */
  accountId?: string;
  /** Default `us-east-1`. */
  region?: string;
  clock?: SimulatorClock;
  /** How long an IAM change takes to be seen by the other services. Default 2 s. */
  iamPropagationMs?: number;
}

/** The account, its identities and its door to HTTP; services are registered by whoever makes it. */
export interface SimulatedWorld extends World {
  readonly identities: IdentityStore;
  readonly rootCredentials: Credentials;
  readonly clock: SimulatorClock;
  readonly iamPropagationMs: number;
  /** Serves the wire protocols on 127.0.0.1 and sets `endpoint`. Port 0, the default, takes a free one. */
  listen(port?: number): Promise<string>;
}

export function createWorld(options: WorldOptions = {}): SimulatedWorld {
  const { accountId = '123456789012', region = 'us-east-1', clock = realClock, iamPropagationMs = 2_000 } = options;
  const identities = new IdentityStore(accountId);
  const authorizer = new Authorizer(identities);
  const services = new Map<string, Service>();
  const listeners: ((event: BusEvent) => void)[] = [];
  const stops: (() => Promise<void> | void)[] = [];
  const calls: CallRecord[] = [];

  const world: SimulatedWorld = {
    accountId,
    region,
    endpoint: '',
    calls,
    identities,
    rootCredentials: identities.root,
    clock,
    iamPropagationMs,
    nowMs: () => clock.nowMs(),

    async perform(principal, serviceName, operationName, input, accessKeyId) {
      const service = services.get(serviceName);
      const operation =
        service && Object.hasOwn(service.operations, operationName) && service.operations[operationName];
      if (!operation) {
        throw new AwsError('UnknownOperationException', `The simulator has no ${serviceName}:${operationName}`);
      }
      const call: Call = {
        principal,
        requestId: randomUUID(),
        service: serviceName,
        operation: operationName,
        region,
        accountId,
        ...(accessKeyId !== undefined && { accessKeyId }),
        nowMs: clock.nowMs(),
      };
      const record: CallRecord = {
        atMs: call.nowMs,
        service: serviceName,
        operation: operationName,
        principal: principal.arn,
        resource: undefined,
        errorCode: undefined,
        denied: false,
      };
      calls.push(record);
      try {
        return await authorizeAndRun(service, operation, input, call, record);
      } catch (error) {
        record.errorCode = error instanceof AwsError ? error.code : 'InternalFailure';
        throw error;
      }
    },

    service<T extends Service>(name: string): T {
      const service = services.get(name);
      if (!service) throw new Error(`No service ${name} is registered`);
      return service as T;
    },

    register(service) {
      if (services.has(service.name)) throw new Error(`Service ${service.name} is registered twice`);
      services.set(service.name, service);
    },

    assume: (roleArn, sessionName, byService, sourceArn) =>
      assumeRole(world, { roleArn, sessionName, byService, ...(sourceArn !== undefined && { sourceArn }) }),

    emit(event) {
      for (const listener of listeners) setImmediate(() => listener(event));
    },

    onEvent(listener) {
      listeners.push(listener);
    },

    onClose(stop) {
      stops.push(stop);
    },

    async listen(port = 0) {
      world.endpoint = await openDoor(world, services, port);
      return world.endpoint;
    },

    async close() {
      const failures: unknown[] = [];
      for (let stop = stops.pop(); stop; stop = stops.pop()) {
        try {
          await stop();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'The simulator did not close cleanly');
    },
  };

  async function authorizeAndRun(
    service: Service,
    operation: Operation,
    input: unknown,
    call: Call,
    record: CallRecord,
  ): Promise<unknown> {
    const parsed = (input ?? {}) as Record<string, unknown>;
    const needs = operation.needs(parsed, call);
    record.resource = needs[0]?.resource;
    const refusal = await authorizer.refusal(call, needs);
    if (refusal !== undefined) {
      record.denied = true;
      throw accessDenied(service, refusal);
    }
    return operation.run(parsed, call);
  }

  return world;
}

/** Each protocol's own name for it; SNS alone says AuthorizationError. */
function accessDenied(service: Service, message: string): AwsError {
  if (service.name === 'sns') return new AwsError('AuthorizationError', message, 403);
  const protocol = service.wire?.protocol ?? 'json';
  if (protocol === 'json') return new AwsError('AccessDeniedException', message, 400);
  if (protocol === 'rest-json') return new AwsError('AccessDeniedException', message, 403);
  return new AwsError('AccessDenied', message, 403);
}

/** A service acting in its own name, as a resource policy's `Service` principal sees it. */
export function servicePrincipal(world: World, host: string, sourceArn?: string): Principal {
  return { kind: 'service', arn: host, accountId: world.accountId, ...(sourceArn !== undefined && { sourceArn }) };
}
