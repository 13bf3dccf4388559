import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Report {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string }[] };
}

function cruise(root: string, folders: readonly string[]): Report {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64e6,
    stdio: ['ignore', 'pipe', 'ignore'],
  };
  try {
    return JSON.parse(execFileSync('node_modules/.bin/depcruise', ['--output-type', 'json', ...folders], options));
  } catch (error) {
    // Violations make it exit with their number.
    return JSON.parse((error as { stdout: string }).stdout);
  }
}

const offenders = [
  { room: 'lib/core', code: "import '@aws-sdk/client-ssm';", rule: 'aws-sdk-behind-ports' },
  { room: 'lib/core', code: "import '../kinds/registry.ts';", rule: 'one-way-1' },
  { room: 'lib/simulator', code: "import '../core/errors.ts';", rule: 'one-way-7' },
  { room: 'lib/aws', code: "import 'aws-cdk-lib';", rule: 'cdk-in-infra' },
  { room: 'lib/kinds', code: "import 'pg';", rule: 'drivers-in-client' },
  { room: 'lib/kinds/shared', code: "import '../registry.ts';", rule: 'shared-knows-no-kind' },
  { room: 'lib/runtime', code: "import 'esbuild';", rule: 'no-development-parts-in-functions' },
];

describe('imports', () => {
  it('run one way, in every module that there is', () => {
    const { summary } = cruise('.', ['bin', 'lambdas', 'lib']);
    expect(summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`)).toEqual([]);
    // A cruise that looked at nothing finds nothing.
    expect(summary.totalCruised).toBeGreaterThan(200);
  });

  describe('that break a rule', () => {
    let root: string;
    let found: string[];
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'keyturn-boundaries-'));
      symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
      for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) cpSync(file, join(root, file));
      const files = { 'lib/kinds/registry.ts': '', 'lib/core/errors.ts': '' };
      for (const [index, { room, code }] of offenders.entries())
        Object.assign(files, { [`${room}/offender-${index}.ts`]: code });
      for (const [file, code] of Object.entries(files)) {
        mkdirSync(join(root, file, '..'), { recursive: true });
        writeFileSync(join(root, file), code);
      }
      found = cruise(root, ['lib']).summary.violations.map(({ rule, from }) => `${rule.name} ${from}`);
    });
    afterAll(() => rmSync(root, { recursive: true }));

    it.each(offenders.map((offender, index) => ({ ...offender, index })))(
      'are refused from $room: $code',
      ({ room, rule, index }) => {
        expect(found).toContain(`${rule} ${room}/offender-${index}.ts`);
      },
    );
  });
});
