import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checks } from '../../lib/checks/registry.ts';
import { consumerTypes } from '../../lib/consumers/registry.ts';
import { kinds } from '../../lib/kinds/registry.ts';
import { standIns } from '../../lib/rehearsal/stand-ins/registry.ts';

const rooms = [
  {
    room: 'lib/kinds',
    tests: 'test/kinds',
    registry: kinds,
    factory: 'createKind',
    suites: ['describeKind', 'describeCrashes'],
  },
  {
    room: 'lib/consumers',
    tests: 'test/consumers',
    registry: consumerTypes,
    factory: 'createConsumer',
    suites: ['describeConsumer'],
  },
  { room: 'lib/checks', tests: 'test/checks', registry: checks, factory: 'createCheck', suites: [] },
];

/** `shared` holds what several kinds do alike, and is none. */
const foldersOf = (room: string) =>
  readdirSync(room, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
    .map(({ name }) => name)
    .sort();

describe.each(rooms)('$room', ({ room, tests, registry, factory, suites }) => {
  it('has one folder per line of its registry', () => {
    expect(foldersOf(room)).toEqual(Object.keys(registry).sort());
  });

  it.each(foldersOf(room))('%s: facts of its own name, a README, an entry that makes it, and a test', async (id) => {
    const folder = join(room, id);
    expect(registry[id as keyof typeof registry]).toMatchObject({ id, title: expect.any(String) });
    expect(readFileSync(join(folder, 'README.md'), 'utf8').length).toBeGreaterThan(300);
    const entry = (await import(pathToFileURL(resolve(folder, 'index.ts')).href)) as Record<
      string,
      () => { facts: unknown }
    >;
    expect(entry[factory]?.().facts).toBe(registry[id as keyof typeof registry]);
    expect(existsSync(join(tests, id))).toBe(true);
    const texts = readdirSync(join(tests, id))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(tests, id, file), 'utf8'));
    for (const suite of suites) expect(texts.some((text) => text.includes(`${suite}(`))).toBe(true);
  });
});

describe('lib/rehearsal/stand-ins', () => {
  it('has a folder and a line for every kind', () => {
    expect(foldersOf('lib/rehearsal/stand-ins')).toEqual(Object.keys(kinds).sort());
    expect(Object.keys(standIns).sort()).toEqual(Object.keys(kinds).sort());
  });

  it.each(Object.keys(kinds))('%s: what starts its targets, and how a service uses its credential', async (kind) => {
    const { standIn } = (await import(pathToFileURL(resolve(`lib/rehearsal/stand-ins/${kind}/index.ts`)).href)) as {
      standIn: unknown;
    };
    expect(standIns[kind as keyof typeof standIns]).toBe(standIn);
    expect(standIn).toMatchObject({ title: expect.any(String), start: expect.any(Function) });
    const use = (await import(pathToFileURL(resolve(`lib/rehearsal/estates/services/uses/${kind}.ts`)).href)) as object;
    expect(use).toMatchObject({ openUse: expect.any(Function) });
  });
});

describe('adding one', () => {
  /** Outside a kind's own folder and its registry line, nothing may know it by name. */
  const mayName = /^(lib\/(kinds|consumers|checks)\/|lib\/rehearsal\/|lib\/simulator\/|bin\/inventory\.ts)/;
  const sources = readdirSync('.', { recursive: true, encoding: 'utf8' }).filter(
    (file) => /^(bin|lambdas|lib)\/.*\.ts$/.test(file) && !mayName.test(file),
  );

  it.each(rooms.flatMap(({ registry }) => Object.keys(registry)).filter((id) => id !== 'http'))(
    'needs no line elsewhere: nobody branches on %s',
    (id) => {
      expect(sources.length).toBeGreaterThan(50);
      const naming = sources.filter((file) =>
        new RegExp(`['"\`]${id}['"\`]`).test(withoutOverlap(withoutComments(readFileSync(file, 'utf8')))),
      );
      expect(naming).toEqual([]);
    },
  );
});

/** How old and new overlap has names of its own, and a kind may be called as one of them is. */
function withoutOverlap(code: string): string {
  return code.replace(/^export type Overlap = [^;]*;$/m, '');
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
