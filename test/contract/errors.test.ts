import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCodes } from '../../lib/core/errors.ts';
import { campaignDefinition } from '../../lib/infra/definitions/campaign.ts';
import { rolloutDefinition } from '../../lib/infra/definitions/rollout.ts';
import { alarmNames, runbookLink } from '../../lib/infra/runbook.ts';
import { closureOf, codesExpectedIn, codesMadeIn, codesThrownIn, parse, parseAll } from './error-usage.ts';

const byName = (files: readonly ts.SourceFile[]) => new Map(files.map((file) => [resolve(file.fileName), file]));

describe('every error code', () => {
  const tests = parseAll(['test'], () => true);

  /** Tests that see the product end with a code. What a test, or a stand-in that it imports, throws itself says nothing of the product. */
  function provocations(files: readonly ts.SourceFile[]): Map<ErrorCode, string[]> {
    const known = byName(files);
    const provoked = new Map<ErrorCode, string[]>();
    for (const file of files.filter(({ fileName }) => /\.test\.ts$|\/describe-\w+\.ts$/.test(fileName))) {
      const made = new Set([...closureOf(file, known)].flatMap((each) => [...codesMadeIn(each)]));
      for (const code of codesExpectedIn(file)) {
        if (!made.has(code)) provoked.set(code, [...(provoked.get(code) ?? []), file.fileName]);
      }
    }
    return provoked;
  }

  it('is provoked by a test that does not throw it itself', () => {
    expect(tests.length).toBeGreaterThan(100);
    const provoked = provocations(tests);
    expect(errorCodes.filter((code) => !provoked.has(code))).toEqual([]);
  });

  it.each<[string, string, ErrorCode[]]>([
    ['a rejection', `await expect(f()).rejects.toMatchObject({ code: 'LabelMoved' })`, ['LabelMoved']],
    [
      'a rollout’s error',
      `expect(await turn()).toMatchObject({ status: 'FAILED', error: 'GateClosed' })`,
      ['GateClosed'],
    ],
    ['a throw', `expect(f).toThrow(expect.objectContaining({ code: 'InvalidInput' }))`, ['InvalidInput']],
    ['a code alone', `expect(codeOf(f())).toBe('NotProven')`, ['NotProven']],
    ['a list of them', `expect(codes).toEqual(['NotProven', 'StillAccepted'])`, ['NotProven', 'StillAccepted']],
    ['the suites’ own way', `await scene.failure('TargetBusy', verify())`, ['TargetBusy']],
    ['a title', `it('is LabelMoved', () => {}); it('LabelMoved', () => {})`, []],
    ['a table alone', `it.each([['LabelMoved']])('%s', () => {})`, []],
    ['the value that is looked at', `expect('LabelMoved').toBeDefined()`, []],
    ['something that is not to be', `expect(code).not.toBe('LabelMoved')`, []],
    ['a message', `expect(error).toMatchObject({ message: 'LabelMoved' })`, []],
    ['a comment and a type', `/* expect(x).toBe('LabelMoved') */ let x: 'LabelMoved';`, []],
    ['what another function is given', `held('LabelMoved', () => expect(1).toBe(1))`, []],
  ])('counts as expected in %s', (_, text, codes) => {
    expect([...codesExpectedIn(parse('a.test.ts', text))]).toEqual(codes);
  });

  it('does not count where the test, or what it imports, makes the error', () => {
    const expecting = `await expect(f()).rejects.toMatchObject({ code: 'LabelMoved' });`;
    const making = `throw new KeyturnError('LabelMoved', 'by the test');`;
    const alone = [parse('a.test.ts', expecting), parse('b.ts', making)];
    expect([...provocations(alone).keys()]).toEqual(['LabelMoved']);
    expect(provocations([parse('a.test.ts', expecting + making)]).size).toBe(0);
    const through = [
      parse('a.test.ts', `import './c.ts'; ${expecting}`),
      parse('b.ts', making),
      parse('c.ts', `export * from './b.ts';`),
    ];
    expect(provocations(through).size).toBe(0);
  });
});

describe('the product', () => {
  const rooms = ['core', 'kinds', 'consumers', 'checks', 'net', 'aws', 'runtime', 'inventory', 'infra/definitions'];
  const modules = parseAll(
    rooms.map((room) => `lib/${room}`),
    (file) => file !== 'lib/core/errors.ts',
  );

  it('ends with every code somewhere: the list holds no dead one', () => {
    expect(modules.length).toBeGreaterThan(100);
    const thrown = new Set(modules.flatMap((file) => [...codesThrownIn(file)]));
    expect(errorCodes.filter((code) => !thrown.has(code))).toEqual([]);
  });

  it.each<[string, string, ErrorCode[]]>([
    ['an error', `throw new KeyturnError('LabelMoved', 'x')`, ['LabelMoved']],
    ['a table of codes', `const by = { connecting: 'TargetUnreachable' }`, ['TargetUnreachable']],
    ['a choice of codes', `const code = x ? 'TargetFailed' : y`, ['TargetFailed']],
    ['a state that fails', `({ Type: 'Fail', Error: 'ConsumerFailed' })`, ['ConsumerFailed']],
    ['a comparison', `if (error.code === 'LabelMoved') return`, []],
    ['a state that catches', `({ errors: ['ConsumerFailed'] })`, []],
    ['a set that is looked into', `['LabelMoved'].includes(code)`, []],
    ['a type', `let code: 'LabelMoved'`, []],
  ])('ends with a code in %s', (_, text, codes) => {
    expect([...codesThrownIn(parse('a.ts', text))]).toEqual(codes);
  });

  it('names in its machines no error that is not in the list', () => {
    const machines = [
      rolloutDefinition({ rolloutFunctionArn: 'arn' }),
      campaignDefinition({ campaignFunctionArn: 'arn', batchSize: 1 }),
    ];
    const named = machines.flatMap((machine) => [
      ...errorsNamedBy(machine).filter((name) => !/^(States|Lambda|Sandbox|Runtime)\./.test(name)),
    ]);
    expect(named).toContain('ConsumerFailed');
    expect(named.filter((name) => !errorCodes.includes(name as ErrorCode))).toEqual([]);
  });
});

/** What states fail with, catch and retry. */
function errorsNamedBy(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(errorsNamedBy);
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => {
    if (name === 'Error' && typeof value === 'string') return [value];
    return name === 'ErrorEquals' ? (value as string[]) : errorsNamedBy(value);
  });
}

describe('the runbook', () => {
  const text = readFileSync('docs/runbook.md', 'utf8');
  const sections = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );
  const alarmLinks = Object.values(alarmNames).map((name) => runbookLink(name).replace('docs/runbook.md', ''));

  it('has a heading for every alarm and every code, and no other', () => {
    expect([...sections.keys()].sort()).toEqual([...Object.values(alarmNames), ...errorCodes].sort());
  });

  it.each(errorCodes)('%s: described, investigated, resolved, and by which alarm it shows', (code) => {
    const section = sections.get(code) ?? '';
    const parts = section.split(/^### /m).slice(1);
    expect(parts.map((part) => part.split('\n')[0])).toEqual(['Description', 'Investigation', 'Resolution']);
    for (const part of parts) expect(part.split('\n').slice(1).join(' ').trim().length, part).toBeGreaterThan(40);
    const links = [...section.matchAll(/\]\((#[^)]+)\)/g)].map(([, link]) => link);
    expect(links.filter((link) => alarmLinks.includes(link ?? '')).length).toBeGreaterThan(0);
  });

  it('links nothing that is not there', () => {
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      runbookLink(heading).replace('docs/runbook.md', ''),
    );
    const links = [...text.matchAll(/\]\((#[^)]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(errorCodes.length);
    expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  });
});
