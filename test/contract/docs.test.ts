import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../lib/kinds/registry.ts';
import { kindsTable, withKindsTable } from '../../lib/kinds/table.ts';

describe("the README's table of kinds", () => {
  const readme = readFileSync('README.md', 'utf8');

  it('is what the registry says (npm run docs writes it)', () => {
    expect(withKindsTable(readme)).toBe(readme);
  });

  it('has a line for each kind, with as many cells as its head', () => {
    const lines = kindsTable().split('\n');
    expect(lines).toHaveLength(2 + Object.keys(kinds).length);
    const cells = lines.map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size).toBe(1);
    for (const kind of Object.keys(kinds)) expect(readme).toContain(`[${kind}](lib/kinds/${kind}/README.md)`);
  });

  it('is not written into a text that has no place for it', () => {
    expect(() => withKindsTable('# Keyturn')).toThrow('no place');
  });
});
