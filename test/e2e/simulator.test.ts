import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Program, run, survivorsOf } from './program.ts';

const awscli = '/usr/bin/aws';
const hasAwscli = existsSync(awscli);
if (!hasAwscli) {
  console.warn(`left out: a rotation by the aws command line, because ${awscli} is missing (apt-get install awscli)`);
}

interface Described {
  VersionIdsToStages: Record<string, string[]>;
}

describe('npm run simulator', { timeout: 240_000 }, () => {
  let program: Program;
  let endpoint: string;
  beforeAll(async () => {
    program = await run('simulator');
    [, endpoint = ''] = await program.says(/ready at (http:\/\/[\d.:]+)/);
    return () => program.dispose();
  }, 240_000);

  async function aws<Answer>(...args: string[]): Promise<Answer> {
    const exported = Object.fromEntries(
      [...program.output().matchAll(/export (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const { stdout } = await promisify(execFile)(
      awscli,
      ['--endpoint-url', endpoint, '--output', 'json', ...args],
      // Nothing of the machine's own AWS configuration.
      { env: { PATH: process.env['PATH'] ?? '', ...exported, AWS_CONFIG_FILE: '/dev/null', AWS_PAGER: '' } },
    );
    return JSON.parse(stdout) as Answer;
  }

  it.runIf(hasAwscli)('lets the aws command line turn a secret all the way round', async () => {
    const secret = ['--secret-id', 'buywhere/db/app'];
    const before = await aws<Described>('secretsmanager', 'describe-secret', ...secret);
    const { VersionId } = await aws<{ VersionId: string }>('secretsmanager', 'rotate-secret', ...secret);

    const untilMs = Date.now() + 120_000;
    const isOver = ({ VersionIdsToStages: labels }: Described) =>
      labels[VersionId]?.includes('AWSCURRENT') && !Object.values(labels).flat().includes('KEYTURN_RETIRING');
    let after = before;
    while (!isOver(after) && Date.now() < untilMs) {
      await wait(500);
      after = await aws<Described>('secretsmanager', 'describe-secret', ...secret);
    }
    expect(after.VersionIdsToStages[VersionId]).toContain('AWSCURRENT');

    const { SecretString } = await aws<{ SecretString: string }>(
      'secretsmanager',
      'get-secret-value',
      '--secret-id',
      'buywhere/DATABASE_URL',
    );
    expect(SecretString).toMatch(/^postgresql:\/\/app_clone:/);
    const { executions } = await aws<{ executions: { status: string }[] }>(
      'stepfunctions',
      'list-executions',
      '--state-machine-arn',
      'arn:aws:states:ap-southeast-1:123456789012:stateMachine:keyturn-rollout',
    );
    expect(executions.map(({ status }) => status)).toEqual(['SUCCEEDED']);
  });

  it('serves until Ctrl-C, and leaves no process and no folder behind', async () => {
    const processes = program.processes();
    program.interrupt();
    await program.ended;
    expect(processes.length).toBeGreaterThan(6);
    expect(await survivorsOf(processes)).toEqual([]);
    expect(await program.leftovers()).toEqual([]);
  });
});
