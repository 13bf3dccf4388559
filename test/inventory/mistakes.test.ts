import { describe, expect, it } from 'vitest';
import { checkInventory } from '../../lib/inventory/checks/index.ts';
import { compileInventory } from '../../lib/inventory/compile.ts';
import { changed, wellFormed } from './estate.ts';

const db = ['secrets', 'app/db'] as const;
const key = ['secrets', 'app/key'] as const;
const api = ['consumers', 'api'] as const;
const monthly = ['policies', 'monthly'] as const;

const pooler = {
  host: 'pooler.internal',
  tls: { plaintext: 'inside one host, by loopback' },
  consoleSecret: 'app/pooler-console',
  auth: { userlist: 'app/pooler-users' },
};

interface Case {
  mistake: string;
  at: readonly (string | number)[];
  value: unknown;
  /** The entry that the message names. */
  where: string;
  what: RegExp;
  remedy: RegExp;
}

const cases: Case[] = [
  // Policies
  {
    mistake: 'an unknown policy',
    at: [...db, 'policy'],
    value: 'monthy',
    where: 'secret "app/db"',
    what: /no policy "monthy"/,
    remedy: /"monthly"/,
  },
  {
    mistake: 'a bad cron',
    at: [...monthly, 'schedule'],
    value: 'cron(0 25 1 * ? *)',
    where: 'policy "monthly"',
    what: /25 in the field hours is not between 0 and 23/,
    remedy: /cron\(0 3 1 \* \? \*\)/,
  },
  {
    mistake: 'a soak and grace longer than the interval',
    at: [...monthly, 'graceSeconds'],
    value: 28 * 86_400,
    where: 'policy "monthly"',
    what: /1800 \+ 3600 \+ 2419200 seconds, but it may start again after 2419200/,
    remedy: /[Ss]horten/,
  },
  {
    mistake: 'a maximum age shorter than the interval',
    at: [...monthly, 'maximumAgeDays'],
    value: 31,
    where: 'policy "monthly"',
    what: /31 days is not longer than its interval of up to 31 days/,
    remedy: /at least 32/,
  },
  {
    mistake: 'a maximum age that Secrets Manager refuses',
    at: [...monthly, 'maximumAgeDays'],
    value: 1001,
    where: 'policy "monthly"',
    what: /1001 days is out of/,
    remedy: /1 to 1000/,
  },
  {
    mistake: "a policy's bad time zone",
    at: [...monthly, 'timeZone'],
    value: 'Singapore/Asia',
    where: 'policy "monthly"',
    what: /"Singapore\/Asia" is not a time zone/,
    remedy: /IANA/,
  },
  {
    mistake: 'an offset for a time zone',
    at: ['timeZone'],
    value: '+08:00',
    where: 'timeZone',
    what: /not a time zone/,
    remedy: /IANA/,
  },
  {
    mistake: 'a flexible window of more than a day',
    at: [...monthly, 'flexibleWindowMinutes'],
    value: 1441,
    where: 'policy "monthly"',
    what: /window of 1441/,
    remedy: /1440/,
  },
  {
    mistake: 'a policy whose name no schedule can have',
    at: ['policies', 'every month'],
    value: { schedule: 'rate(30 days)', maximumAgeDays: 35 },
    where: 'policy "every month"',
    what: /name does not fit/,
    remedy: /letters/,
  },
  // Consumers
  {
    mistake: 'a consumer without a cluster',
    at: [...api, 'config', 'cluster'],
    value: undefined,
    where: 'consumer "api"',
    what: /config\.cluster: the name of the ECS cluster is missing/,
    remedy: /lib\/consumers\/ecs-service\/README\.md/,
  },
  {
    mistake: 'an unknown consumer type',
    at: [...api, 'type'],
    value: 'ecs',
    where: 'consumer "api"',
    what: /no consumer type "ecs"/,
    remedy: /"ecs-service"/,
  },
  {
    mistake: 'a consumer that nobody names',
    at: ['consumers', 'batch'],
    value: wellFormed().consumers['api'],
    where: 'consumer "batch"',
    what: /no secret names it/,
    remedy: /wave/,
  },
  {
    mistake: 'an unknown consumer',
    at: [...db, 'waves'],
    value: [['worker'], ['api', 'apy']],
    where: 'secret "app/db"',
    what: /no consumer "apy"/,
    remedy: /"api" or "worker"/,
  },
  {
    mistake: 'a consumer in two waves',
    at: [...db, 'waves'],
    value: [['worker'], ['api', 'worker']],
    where: 'secret "app/db"',
    what: /"worker" twice/,
    remedy: /earlier/,
  },
  {
    mistake: 'a consumer without a check',
    at: [...api, 'checks'],
    value: [],
    where: 'consumer "api"',
    what: /nothing would prove/,
    remedy: /"http"/,
  },
  {
    mistake: 'an unknown check',
    at: [...api, 'checks', 0, 'type'],
    value: 'htpp',
    where: 'consumer "api"',
    what: /no check "htpp"/,
    remedy: /"http"/,
  },
  {
    mistake: 'a check without a URL',
    at: [...api, 'checks', 0, 'config'],
    value: {},
    where: 'consumer "api"',
    what: /check "http": config\.url/,
    remedy: /lib\/checks\/http\/README\.md/,
  },
  {
    mistake: 'a check that can never pass',
    at: [...api, 'checks', 0, 'successes'],
    value: 60,
    where: 'consumer "api"',
    what: /60 answers, 10 seconds apart, do not fit in 300/,
    remedy: /deadlineSeconds/,
  },
  // Secrets
  {
    mistake: 'no consumers and no reason',
    at: [...key, 'waves'],
    value: undefined,
    where: 'secret "app/key"',
    what: /no consumers and no reason/,
    remedy: /noConsumers/,
  },
  {
    mistake: 'an empty reason',
    at: key,
    value: { kind: 'iam-access-key', policy: 'monthly', target: { userName: 'u' }, noConsumers: ' ' },
    where: 'secret "app/key"',
    what: /reason .* is empty/,
    remedy: /Say who reads it/,
  },
  {
    mistake: 'consumers and a reason for none',
    at: [...key, 'noConsumers'],
    value: 'read at run time',
    where: 'secret "app/key"',
    what: /both/,
    remedy: /one/,
  },
  {
    mistake: 'no waves',
    at: [...key, 'waves'],
    value: [],
    where: 'secret "app/key"',
    what: /empty wave/,
    remedy: /noConsumers/,
  },
  {
    mistake: 'an empty wave',
    at: [...key, 'waves'],
    value: [['worker'], []],
    where: 'secret "app/key"',
    what: /empty wave/,
    remedy: /noConsumers/,
  },
  {
    mistake: 'an unknown kind',
    at: [...db, 'kind'],
    value: 'postgress',
    where: 'secret "app/db"',
    what: /no kind "postgress"/,
    remedy: /"postgres"/,
  },
  {
    mistake: 'a target without a host',
    at: [...db, 'target', 'host'],
    value: undefined,
    where: 'secret "app/db"',
    what: /target\.host/,
    remedy: /lib\/kinds\/postgres\/README\.md/,
  },
  {
    mistake: 'a target of another kind',
    at: [...key, 'target'],
    value: { user: 'app' },
    where: 'secret "app/key"',
    what: /target\.userName/,
    remedy: /lib\/kinds\/iam-access-key\/README\.md/,
  },
  {
    mistake: 'a secret that is its own admin secret',
    at: [...db, 'target', 'adminSecret'],
    value: 'app/db',
    where: 'secret "app/db"',
    what: /own admin/,
    remedy: /user that may/,
  },
  {
    mistake: 'a pooler without a word on its TLS',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, tls: undefined }],
    where: 'secret "app/db"',
    what: /target\.poolers\.0\.tls/,
    remedy: /lib\/kinds\/postgres\/README\.md/,
  },
  {
    mistake: 'a pooler that is PostgreSQL itself',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, host: 'db.internal', port: 5432 }],
    where: 'secret "app/db"',
    what: /target\.poolers\.0: db\.internal:5432 is PostgreSQL itself/,
    remedy: /README/,
  },
  {
    mistake: 'a pooler that is named twice',
    at: [...db, 'target', 'poolers'],
    value: [pooler, { ...pooler, auth: 'query' }],
    where: 'secret "app/db"',
    what: /target\.poolers\.1: pooler\.internal:6432 is named twice/,
    remedy: /README/,
  },
  {
    mistake: 'a pooler with the CAs of RDS',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, tls: { ca: 'rds' } }],
    where: 'secret "app/db"',
    what: /no certificate of RDS/,
    remedy: /README/,
  },
  {
    mistake: 'a pooler whose list is a login of Keyturn’s',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, auth: { userlist: 'app/pooler-console' } }],
    where: 'secret "app/db"',
    what: /"app\/pooler-console" holds a login/,
    remedy: /README/,
  },
  {
    mistake: 'a pooler with neither way to its users',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, auth: 'file' }],
    where: 'secret "app/db"',
    what: /target\.poolers\.0\.auth: 'query', or/,
    remedy: /README/,
  },
  {
    mistake: 'a pooler whose list is a view',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, auth: { userlist: 'app/DATABASE_URL' } }],
    where: 'secret "app/db"',
    what: /keeps the text of "app\/DATABASE_URL", which is a secret or a view/,
    remedy: /of its own/,
  },
  {
    mistake: 'a pooler whose list is the secret that rotates',
    at: [...db, 'target', 'poolers'],
    value: [{ ...pooler, auth: { userlist: 'app/db' } }],
    where: 'secret "app/db"',
    what: /keeps the text of "app\/db"/,
    remedy: /of its own/,
  },
  {
    mistake: 'a name that Secrets Manager refuses',
    at: ['secrets', 'app:db'],
    value: wellFormed().secrets['app/key'],
    where: 'secret "app:db"',
    what: /no such name/,
    remedy: /letters/,
  },
  {
    mistake: 'a secret by its ARN',
    at: ['secrets', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/x-AbCdEf'],
    value: wellFormed().secrets['app/key'],
    where: 'secret "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/x-AbCdEf"',
    what: /by an ARN/,
    remedy: /name/,
  },
  {
    mistake: 'a name of too many levels',
    at: ['secrets', 'a/b/c/d/e/f/g/h/i/j/k/l/m/n'],
    value: wellFormed().secrets['app/key'],
    where: 'secret "a/b/c/d/e/f/g/h/i/j/k/l/m/n"',
    what: /13 levels/,
    remedy: /slashes/,
  },
  {
    mistake: 'an entry over 4 KB',
    at: [...db, 'views', 'app/LONG'],
    value: `{username}${'x'.repeat(4096)}`,
    where: 'secret "app/db"',
    what: /bytes, more than .* 4096/,
    remedy: /Shorten/,
  },
  {
    mistake: 'two secrets with one parameter',
    at: ['secrets', 'app/key-x40-a'],
    value: wellFormed().secrets['app/key'],
    where: 'secret "app/key-x40-a"',
    what: /is that of secret "app\/key@a"/,
    remedy: /Rename/,
  },
  // Views
  {
    mistake: 'a view of an unknown field',
    at: [...db, 'views', 'app/DB_USER'],
    value: '{user}',
    where: 'view "app/DB_USER" of secret "app/db"',
    what: /no field "user"/,
    remedy: /"username"/,
  },
  {
    mistake: 'a password view without its user name',
    at: [...db, 'views', 'app/DB_PASSWORD'],
    value: '{password}',
    where: 'view "app/DB_PASSWORD" of secret "app/db"',
    what: /secret field without "username"/,
    remedy: /userNameIn/,
  },
  {
    mistake: 'a key view without its id',
    at: [...key, 'views'],
    value: { 'app/AWS_SECRET': '{secretAccessKey}' },
    where: 'view "app/AWS_SECRET" of secret "app/key"',
    what: /without "accessKeyId"/,
    remedy: /userNameIn/,
  },
  {
    mistake: 'a user name in a view that is not there',
    at: [...db, 'views', 'app/DB_PASSWORD', 'userNameIn'],
    value: 'app/USER',
    where: 'view "app/DB_PASSWORD" of secret "app/db"',
    what: /"app\/USER", which is no view/,
    remedy: /carries it/,
  },
  {
    mistake: 'a user name in a view that does not show it',
    at: [...db, 'views', 'app/DB_USER'],
    value: '{dbname}',
    where: 'view "app/DB_PASSWORD" of secret "app/db"',
    what: /"app\/DB_USER", which is no view of this secret that shows "username"/,
    remedy: /carries it/,
  },
  {
    mistake: 'a view without a field',
    at: [...db, 'views', 'app/DB_USER'],
    value: 'app',
    where: 'view "app/DB_USER" of secret "app/db"',
    what: /names no field/,
    remedy: /\{field\}/,
  },
  {
    mistake: 'a placeholder that is spelled wrongly',
    at: [...db, 'views', 'app/DB_USER'],
    value: '{username}{password:uri}',
    where: 'view "app/DB_USER" of secret "app/db"',
    what: /\{password:uri\} is no placeholder/,
    remedy: /\{field:url\}/,
  },
  {
    mistake: 'a view of two secrets',
    at: [...key, 'views'],
    value: { 'app/DB_USER': '{accessKeyId}' },
    where: 'view "app/DB_USER" of secret "app/key"',
    what: /a view of secret "app\/db" too/,
    remedy: /one of the two/,
  },
  {
    mistake: 'a view that is a source secret',
    at: [...db, 'views', 'app/key'],
    value: '{username}',
    where: 'view "app/key" of secret "app/db"',
    what: /itself a secret that rotates/,
    remedy: /views/,
  },
  {
    mistake: "a view's name that Secrets Manager refuses",
    at: [...db, 'views', 'app DB'],
    value: '{username}',
    where: 'view "app DB" of secret "app/db"',
    what: /no such name/,
    remedy: /letters/,
  },
  // The estate
  {
    mistake: 'an address that is none',
    at: ['notifyEmail'],
    value: 'ops',
    where: 'notifyEmail',
    what: /no address/,
    remedy: /ops@example\.com/,
  },
  {
    mistake: "a key's alias",
    at: ['encryptionKeyArns'],
    value: ['alias/secrets'],
    where: 'encryptionKeyArns',
    what: /"alias\/secrets" is not the ARN/,
    remedy: /arn:aws:kms/,
  },
  {
    mistake: 'a network of nothing',
    at: ['networks'],
    value: { postgresql: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] } },
    where: 'network "postgresql"',
    what: /belongs to no kind/,
    remedy: /"postgres"/,
  },
  {
    mistake: 'a network without subnets',
    at: ['networks'],
    value: { postgres: { subnetIds: [], securityGroupIds: ['sg-1'] } },
    where: 'network "postgres"',
    what: /subnetIds/,
    remedy: /at least one/,
  },
  {
    mistake: 'a network with a VPC for a group',
    at: ['networks'],
    value: { postgres: { subnetIds: ['subnet-1'], securityGroupIds: ['vpc-1'] } },
    where: 'network "postgres"',
    what: /securityGroupIds/,
    remedy: /at least one/,
  },
  // The shape
  {
    mistake: 'a key that is spelled wrongly',
    at: [...monthly, 'soakSecond'],
    value: 7200,
    where: 'policies → monthly',
    what: /soakSecond is not known here/,
    remedy: /types\.ts/,
  },
  {
    mistake: 'a number that is a text',
    at: [...monthly, 'maximumAgeDays'],
    value: '35',
    where: 'policies → monthly → maximumAgeDays',
    what: /not of type/,
    remedy: /types\.ts/,
  },
  {
    mistake: 'no policies at all',
    at: ['policies'],
    value: undefined,
    where: 'policies',
    what: /missing/,
    remedy: /types\.ts/,
  },
];

describe("the inventory's mistakes", () => {
  it('has none when it is well-formed', () => {
    expect(checkInventory(wellFormed())).toEqual([]);
  });

  it.each(cases)(
    '$mistake: the synth names the entry and the remedy',
    ({ mistake, at, value, where, what, remedy }) => {
      let inventory = changed(wellFormed(), at, value);
      if (mistake === 'two secrets with one parameter') inventory = withFirst(inventory, 'app/key@a');
      expect(checkInventory(inventory)).toContainEqual({
        where,
        what: expect.stringMatching(what),
        remedy: expect.stringMatching(remedy),
      });
      expect(() => compileInventory(inventory)).toThrow(what);
    },
  );

  it('has one where a policy starts again before a human’s time to destroy a key is over', () => {
    const weekly = changed(wellFormed(), ['policies', 'weekly'], { schedule: 'rate(7 days)', maximumAgeDays: 10 });
    const inventory = changed(weekly, key, {
      kind: 'supplied',
      policy: 'weekly',
      target: { provider: 'anthropic', noLastUse: 'the worker alone uses it' },
      waves: [['worker']],
    });
    expect(checkInventory(inventory)).toEqual([
      {
        where: 'secret "app/key"',
        what: expect.stringMatching(/1209600 seconds .* makes 1301400, but its policy "weekly" .* after 604800/),
        remedy: expect.stringMatching(/Shorten humanSeconds in the policy "weekly"/),
      },
    ]);
    expect(checkInventory(changed(inventory, ['policies', 'weekly', 'humanSeconds'], 86_400))).toEqual([]);
  });

  it('says each mistake once, and all of them at once', () => {
    let inventory = changed(wellFormed(), [...db, 'policy'], 'monthy');
    inventory = changed(inventory, [...api, 'config'], {});
    inventory = changed(inventory, [...key, 'target'], {});
    const mistakes = checkInventory(inventory);
    expect(mistakes.map(({ where }) => where)).toEqual(['consumer "api"', 'secret "app/db"', 'secret "app/key"']);
    expect(() => compileInventory(inventory)).toThrow(
      /^the inventory has 3 mistakes:\n {2}- consumer "api": .*\n {2}- secret "app\/db": .*\n {2}- secret "app\/key": /,
    );
  });

  it('accepts an entry of exactly 4096 bytes and refuses one more', () => {
    const bytesAt = (length: number) => {
      const inventory = changed(wellFormed(), [...db, 'views', 'app/LONG'], `{username}${'x'.repeat(length)}`);
      return { inventory, bytes: checkInventory(inventory).length };
    };
    const entry = compileInventory(bytesAt(0).inventory)[0];
    const room = 4096 - Buffer.byteLength(JSON.stringify(entry));
    expect(bytesAt(room).bytes).toBe(0);
    expect(bytesAt(room + 1).bytes).toBe(1);
  });
});

/** The same inventory with a copy of `app/key` under another name, before all others. */
function withFirst(inventory: ReturnType<typeof wellFormed>, name: string): ReturnType<typeof wellFormed> {
  const copy = inventory.secrets['app/key'];
  return copy ? { ...inventory, secrets: { [name]: copy, ...inventory.secrets } } : inventory;
}
