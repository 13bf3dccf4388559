import { Iam } from '../../../lib/simulator/services/iam/iam.ts';
import { registerStates, type States } from '../../../lib/simulator/states/states.ts';
import { AwsError, type Service } from '../../../lib/simulator/types.ts';
import { createWorld, type SimulatedWorld } from '../../../lib/simulator/world.ts';
import { policy, type Statement, trusting } from '../support/actors.ts';

/** A function in this process; what it throws is its FunctionError. */
export type TestFunction = (event: never) => unknown;

export interface Bench {
  world: SimulatedWorld;
  states: States;
  /** Starts a machine made for this input. Its role may invoke every function. */
  start(definition: object, input?: unknown, name?: string): Promise<string>;
  /** Runs a machine to its end. */
  run(
    definition: object,
    input?: unknown,
  ): Promise<{ status: string; output?: unknown; error?: string; cause?: string }>;
  close(): Promise<void>;
}

/** Step Functions in a world whose functions are the given ones: what is looked at is the language, not Lambda. */
export async function testBench(functions: Record<string, TestFunction> = {}): Promise<Bench> {
  const world = createWorld({ region: 'eu-central-1' });
  world.register(new Iam(world));
  world.register(lambdaOf(functions));
  const states = registerStates(world);
  const roleArn = await machineRole(world, 'machine', { Action: 'lambda:InvokeFunction', Resource: '*' });
  let machines = 0;

  async function start(definition: object, input: unknown = {}, name = 'one'): Promise<string> {
    machines += 1;
    const { arn } = states.create({ name: `machine-${machines}`, roleArn, definition: JSON.stringify(definition) });
    const output = await world.perform(world.identities.rootPrincipal, 'states', 'StartExecution', {
      stateMachineArn: arn,
      name,
      input: JSON.stringify(input),
    });
    return (output as { executionArn: string }).executionArn;
  }

  return {
    world,
    states,
    start,
    async run(definition, input) {
      const arn = await start(definition, input);
      await states.closed(arn);
      const { status, output, failure } = execution(states, arn);
      return { status, ...(output !== undefined && { output: JSON.parse(output) as unknown }), ...failure };
    },
    close: () => world.close(),
  };
}

export function execution(states: States, arn: string) {
  const found = states.executionsOf().find((one) => one.arn === arn);
  if (found === undefined) throw new Error(`no execution ${arn}`);
  return found;
}

export async function machineRole(
  world: SimulatedWorld,
  roleName: string,
  ...statements: Statement[]
): Promise<string> {
  const role = await world.service<Iam>('iam').createRole({
    roleName,
    trustPolicy: trusting('states.amazonaws.com'),
    policies: statements.length > 0 ? { inline: policy(...statements) } : {},
  });
  return role.arn;
}

function lambdaOf(functions: Record<string, TestFunction>): Service {
  return {
    name: 'lambda',
    operations: {
      Invoke: {
        needs: ({ FunctionName }) => [
          {
            action: 'lambda:InvokeFunction',
            resource: `arn:aws:lambda:eu-central-1:123456789012:function:${FunctionName}`,
          },
        ],
        async run({ FunctionName, Payload }) {
          const found = functions[String(FunctionName)];
          if (found === undefined)
            throw new AwsError('ResourceNotFoundException', `Function not found: ${FunctionName}`, 404);
          try {
            const answer = (await found(JSON.parse(String(Payload)) as never)) ?? null;
            return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Buffer.from(JSON.stringify(answer)) };
          } catch (error) {
            if (error instanceof AwsError) throw error;
            const { name: errorType, message: errorMessage } = error as Error;
            const Payload = Buffer.from(JSON.stringify({ errorType, errorMessage }));
            return { StatusCode: 200, FunctionError: 'Unhandled', Payload };
          }
        },
      },
    },
  };
}

/** A Task that invokes a function with its whole input; the answer is the state's output. */
export function invoking(functionName: string, more: object = {}) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: functionName, 'Payload.$': '$' },
    OutputPath: '$.Payload',
    ...more,
  };
}

export function machine(states: Record<string, object>): object {
  return { StartAt: Object.keys(states)[0], States: states };
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
