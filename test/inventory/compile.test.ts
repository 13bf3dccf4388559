import { describe, expect, it } from 'vitest';
import { inventory as sample } from '../../bin/inventory.ts';
import { parameterNameOf, parseEntry } from '../../lib/core/entry.ts';
import { checkInventory } from '../../lib/inventory/checks/index.ts';
import { compileInventory } from '../../lib/inventory/compile.ts';
import { changed, wellFormed } from './estate.ts';

describe('compiling the inventory', () => {
  it('fills in every default', () => {
    const [db] = compileInventory(wellFormed());
    expect(db).toEqual({
      secret: 'app/db',
      kind: 'postgres',
      policy: 'monthly',
      maximumAgeDays: 35,
      target: { host: 'db.internal', database: 'app', user: 'app', adminSecret: 'app/db-admin' },
      views: [
        { secret: 'app/DATABASE_URL', template: 'postgresql://{username:url}:{password:url}@{host}:{port}/{dbname}' },
        { secret: 'app/DB_USER', template: '{username}' },
        { secret: 'app/DB_PASSWORD', template: '{password}' },
      ],
      waves: [[consumer('worker', ['app/key'])], [consumer('api', [])]],
      timings: {
        soakSeconds: 1800,
        graceSeconds: 86_400,
        gateSeconds: 3600,
        coalesceSeconds: 900,
        skewSeconds: 10,
        pollSeconds: 15,
        promotionSeconds: 3600,
        rotationSeconds: 330,
        humanSeconds: 1_209_600,
        reminderSeconds: 86_400,
      },
    });
  });

  it('shares a consumer only with secrets of the same policy', () => {
    let inventory = changed(wellFormed(), ['policies', 'weekly'], { schedule: 'rate(7 days)', maximumAgeDays: 8 });
    inventory = changed(inventory, ['secrets', 'app/key', 'policy'], 'weekly');
    const [db] = compileInventory(inventory);
    expect(db?.waves.flat().map(({ sharedWith }) => sharedWith)).toEqual([[], []]);
  });

  it('keeps the reason for having no consumers', () => {
    const lonely = {
      kind: 'iam-access-key',
      policy: 'monthly',
      target: { userName: 'u' },
      noConsumers: 'read at run time',
    };
    const entries = compileInventory(changed(wellFormed(), ['secrets', 'app/key'], lonely));
    expect(entries[1]).toMatchObject({ waves: [], noConsumers: 'read at run time' });
  });

  it('divides durations by the time scale, and not the age', () => {
    const [db] = compileInventory(wellFormed(), 60);
    expect(db?.timings).toMatchObject({ soakSeconds: 30, graceSeconds: 1440, pollSeconds: 1 });
    expect(db?.maximumAgeDays).toBe(35);
  });

  it('yields entries that the functions can read', () => {
    for (const entry of compileInventory(sample)) {
      expect(parseEntry(JSON.stringify(entry), 'here')).toEqual(JSON.parse(JSON.stringify(entry)));
    }
  });

  it('finds no mistake in the sample inventory', () => {
    expect(checkInventory(sample)).toEqual([]);
  });
});

describe("a secret's parameter", () => {
  it.each([
    ['buywhere/db/app', '/keyturn/secrets/buywhere/db/app'],
    ['a+b=c@d', '/keyturn/secrets/a-x2b-b-x3d-c-x40-d'],
    ['/app/db', '/keyturn/secrets/-x2f-app/db'],
    ['app//db/', '/keyturn/secrets/app/-x2f-db-x2f-'],
  ])('%s is %s, which SSM takes', (secret, parameter) => {
    expect(parameterNameOf(secret)).toBe(parameter);
    expect(parameter).toMatch(/^(\/[A-Za-z0-9_.-]+)+$/);
  });
});

function consumer(name: string, sharedWith: string[]) {
  return {
    name,
    type: 'ecs-service',
    config: { cluster: 'main', service: name },
    checks: [
      {
        type: 'http',
        config: { url: `https://${name}.internal/health` },
        successes: 3,
        intervalSeconds: 10,
        deadlineSeconds: 300,
      },
    ],
    deadlineSeconds: 1800,
    pollSeconds: 15,
    sharedWith,
  };
}
