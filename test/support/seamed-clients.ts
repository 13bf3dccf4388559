/** For its effect: where this is imported, every driver's calls pass the seam of their invocation. */
import { IAMClient } from '@aws-sdk/client-iam';
import * as mysql2 from 'mysql2/promise';
import pg from 'pg';
import { KeyturnError } from '../../lib/core/errors.ts';
import { type Ask as AskVerifier, Verifiers } from '../../lib/kinds/key-set/client.ts';
import { type Ask, HttpApi } from '../../lib/kinds/shared/api-key/http-api.ts';
import { SshDoor, type Login as SshLogin } from '../../lib/kinds/ssh-key/client.ts';
import { ReplyError } from '../../lib/net/redis/reply.ts';
import { RedisWire, WireError } from '../../lib/net/redis/wire.ts';
import { sdkFaults } from './house.ts';
import { type Faults, Seam } from './seam.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Leads a driver's method through the seam of the invocation that calls it. Callbacks (the driver's own, inside) are left alone. */
function seamed(
  prototype: Record<string, Method>,
  method: string,
  label: (self: object, args: unknown[]) => string,
  faults: Faults,
): void {
  const original = prototype[method];
  if (original === undefined) throw new Error(`there is no ${method} to lead through the seam`);
  prototype[method] = function (this: unknown, ...args: unknown[]) {
    const seam = Seam.current();
    if (seam === undefined || typeof args.at(-1) === 'function') return original.apply(this, args);
    return seam.pass(label(this as object, args), async () => original.apply(this, args), faults);
  };
}

const pgFaults: Faults = {
  throttled: () =>
    Object.assign(new pg.DatabaseError('sorry, too many clients already', 0, 'error'), {
      code: '53300',
      severity: 'FATAL',
    }),
  timedOut: () => Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }),
};

// Every SDK client inherits `send` from one class.
seamed(
  Object.getPrototypeOf(IAMClient.prototype) as Record<string, Method>,
  'send',
  (client, [command]) => `${client.constructor.name}:${(command as object).constructor.name}`,
  sdkFaults,
);
const httpFaults: Faults = {
  throttled: () => new KeyturnError('TargetThrottled', 'answered 429'),
  timedOut: () => new KeyturnError('TargetTimeout', 'took longer than 10 s'),
};
// What an answer becomes: the clients name it before anybody else sees it.
seamed(
  HttpApi.prototype as unknown as Record<string, Method>,
  'send',
  (_, [ask]) => `http:${(ask as Ask).method} ${(ask as Ask).path}`,
  httpFaults,
);
seamed(
  Verifiers.prototype as unknown as Record<string, Method>,
  'ask',
  (_, [ask]) => `http:GET ${new URL((ask as AskVerifier).verifier.url).pathname}`,
  httpFaults,
);
// A login is one call, from the connection to the good-bye.
seamed(
  SshDoor.prototype as unknown as Record<string, Method>,
  'logIn',
  (_, [login]) => `ssh:${(login as SshLogin).credential.username}`,
  {
    throttled: () => new KeyturnError('TargetUnreachable', 'closed the connection before it said who it is'),
    timedOut: () => new KeyturnError('TargetTimeout', 'did not answer in time'),
  },
);
const client = pg.Client.prototype as unknown as Record<string, Method>;
seamed(client, 'connect', () => 'pg:connect', pgFaults);
seamed(client, 'query', () => 'pg:query', pgFaults);

const redisFaults: Faults = {
  throttled: () => new ReplyError('ERR max number of clients reached'),
  timedOut: () => new WireError('ETIMEDOUT'),
};
const wire = RedisWire.prototype as unknown as Record<string, Method>;
seamed(wire, 'open', () => 'redis:connect', redisFaults);
seamed(wire, 'send', (_, [command]) => `redis:${(command as string[]).slice(0, 2).join(' ')}`, redisFaults);

const mysqlFaults: Faults = {
  throttled: () => Object.assign(new Error('Too many connections'), { errno: 1040, sqlState: '08004' }),
  timedOut: () => Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT', errno: -110 }),
};
// Its types have no class, its module has.
const { PromiseConnection } = mysql2 as unknown as { PromiseConnection: { prototype: Record<string, Method> } };
seamed(PromiseConnection.prototype, 'connect', () => 'mysql:connect', mysqlFaults);
seamed(
  PromiseConnection.prototype,
  'query',
  (_, [statement]) => `mysql:${String(statement).trim().split(/\s/, 2).join(' ')}`,
  mysqlFaults,
);
