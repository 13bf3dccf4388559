import { readFile } from 'node:fs/promises';
import { evidenceKey } from '../../lib/aws/evidence-store.ts';
import { accountOf } from '../../lib/cli/account.ts';
import { Interrupted } from '../../lib/cli/input.ts';
import { runCli } from '../../lib/cli/program.ts';
import { type Terminal, terminalOf } from '../../lib/cli/terminal.ts';
import type { Clock } from '../../lib/core/clock.ts';
import { parameterNameOf, type SecretEntry } from '../../lib/core/entry.ts';
import { settingsParameter } from '../../lib/core/settings.ts';
import type { PolicyDocument } from '../../lib/simulator/iam/identity-store.ts';
import type { Iam } from '../../lib/simulator/services/iam/iam.ts';
import { S3 } from '../../lib/simulator/services/s3/s3.ts';
import { Ssm } from '../../lib/simulator/services/ssm/ssm.ts';
import { Sts } from '../../lib/simulator/services/sts/sts.ts';
import type { CallRecord } from '../../lib/simulator/types.ts';
import { realClock } from '../support/clocks.ts';
import { attachRotation, buildHouse, type House } from '../support/house.ts';

const BUCKET = 'keyturn-evidence';

export interface Ran {
  code: number;
  out: string[];
  err: string[];
}

export interface CliEstate {
  house: House;
  ssm: Ssm;
  /** The environment of an operator who has what docs/cli.md says, and nothing else. */
  env: Record<string, string>;
  /** The same of a new user with this policy. */
  envOf(userName: string, policy: PolicyDocument): Promise<Record<string, string>>;
  /** All that was printed by every command line. */
  printed: string[];
  /** One command line in this process, as the operator. */
  run(argv: readonly string[], how?: RunOptions): Promise<Ran>;
  /** What the operator asked of AWS. */
  operatorCalls(): CallRecord[];
  /** The object's text. @throws AwsError NoSuchKey */
  recorded(key: string): Promise<string>;
  /** Puts the records of the rollouts so far where the rollout function would put them. */
  publishRecords(): Promise<void>;
  /** Changes the inventory's entry, as a deployment does. */
  deploy(change: Partial<SecretEntry>): void;
  close(): Promise<void>;
}

interface RunOptions {
  /** Days that the command believes to have passed. */
  daysLater?: number;
  /** Gets Ctrl-C, once this text was printed. */
  interruptAt?: string;
  /** What is piped in. */
  stdin?: string;
  /** What a human at a terminal answers; a question without one gets Ctrl-C. */
  answers?: string[];
}

/** The house of the core's tests, served over the wire, with what a deployment leaves for the CLI to find. */
export async function buildCliEstate(options: Parameters<typeof buildHouse>[0] = {}): Promise<CliEstate> {
  const house = await buildHouse(options);
  const { world } = house;
  const ssm = new Ssm(world);
  const s3 = new S3(world);
  const iam = world.service<Iam>('iam');
  world.register(ssm);
  world.register(s3);
  world.register(new Sts(world));
  await world.listen();
  s3.createBucket({ name: BUCKET, versioned: true });
  const machine = `arn:aws:states:${world.region}:${world.accountId}:stateMachine:rollout`;
  ssm.put(settingsParameter, JSON.stringify({ rolloutMachineArn: machine, evidenceBucket: BUCKET }));
  const deploy = (change: Partial<SecretEntry>) => {
    house.entry = { ...house.entry, ...change };
    ssm.put(parameterNameOf(house.entry.secret), JSON.stringify(house.entry));
  };
  deploy({});
  // Deploying attaches the rotation function and rotates nothing; the test of the configuration is not this test's matter.
  attachRotation(house);

  const envOf = async (userName: string, policy: PolicyDocument) => {
    await iam.createUser({ userName, policies: { inline: policy } });
    const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
    return {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: world.region,
      AWS_ENDPOINT_URL: world.endpoint,
    };
  };
  const env = await envOf('operator', await documentedPolicy());
  const put = (Key: string, Body: string) =>
    world.perform(world.identities.rootPrincipal, 's3', 'PutObject', { Bucket: BUCKET, Key, Body: Buffer.from(Body) });
  const operatorCalls = () => world.calls.filter(({ principal }) => principal.endsWith(':user/operator'));
  const printed: string[] = [];
  let published = 0;

  const estate: CliEstate = {
    house,
    ssm,
    env,
    envOf,
    printed,
    operatorCalls,
    deploy,
    async run(argv, { daysLater = 0, interruptAt, stdin = '', answers } = {}) {
      await estate.publishRecords();
      const said = { out: [] as string[], err: [] as string[] };
      let interrupt: (() => void) | undefined;
      const plain = terminalOf({ write: () => undefined }, { write: () => undefined }, {});
      const terminal: Terminal = {
        ...plain,
        out(line) {
          printed.push(line);
          said.out.push(...line.split('\n'));
          if (interruptAt !== undefined && line.includes(interruptAt)) interrupt?.();
        },
        err(line) {
          printed.push(line);
          said.err.push(...line.split('\n'));
        },
      };
      const clock: Clock = {
        nowMs: () => Date.now() + daysLater * 86_400_000,
        sleep: (ms, signal) => realClock.sleep(ms / 50, signal),
      };
      const answer = async (question: string) => {
        said.err.push(question);
        const given = answers?.shift();
        if (given === undefined) throw new Interrupted('interrupted');
        return given;
      };
      const code = await runCli(argv, {
        terminal,
        clock,
        version: '0.0.0',
        env: process.env,
        accountOf,
        input: {
          isTty: answers !== undefined,
          readAll: async () => stdin,
          askHidden: answer,
          ask: answer,
        },
        onInterrupt(listener) {
          interrupt = listener;
          return () => undefined;
        },
      });
      return { code, ...said };
    },
    async recorded(Key) {
      const answer = await world.perform(world.identities.rootPrincipal, 's3', 'GetObject', { Bucket: BUCKET, Key });
      return (answer as { Body: Buffer }).Body.toString('utf8');
    },
    async publishRecords() {
      for (const evidence of house.records.slice(published)) await put(evidenceKey(evidence), JSON.stringify(evidence));
      published = house.records.length;
    },
    close: () => house.close(),
  };
  return estate;
}

/** The policy that docs/cli.md tells to give an operator, for this estate's names. */
export async function documentedPolicy(): Promise<PolicyDocument> {
  const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const [, json] = /```json\n(\{\n {2}"Version"[\s\S]*?)```/.exec(page) ?? [];
  if (json === undefined) throw new Error('docs/cli.md has no policy');
  return JSON.parse(
    json
      .replaceAll('EVIDENCE_BUCKET', BUCKET)
      .replaceAll('keyturn-rollout', 'rollout')
      .replaceAll(/keyturn-rotate-(\*|supplied)/g, 'rotate'),
  );
}
