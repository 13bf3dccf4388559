import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, execution, invoking, machine, named, type TestFunction, testBench } from './machines.ts';

const end = { End: true };
const functions: Record<string, TestFunction> = {};
let bench: Bench;

beforeAll(async () => {
  bench = await testBench(functions);
});
afterAll(() => bench.close());

function run(definition: object, input: unknown = {}, called: Record<string, TestFunction> = {}) {
  Object.assign(functions, called);
  return bench.run(definition, input);
}

describe('a Task (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html)', () => {
  it('that invokes a function has Payload and StatusCode in its result', async () => {
    const { output } = await run(machine({ Call: invoking('double', { OutputPath: '$', ...end }) }), 4, {
      double: (n: number) => n * 2,
    });
    expect(output).toEqual({ ExecutedVersion: '$LATEST', Payload: 8, StatusCode: 200 });
  });

  it('whose Resource is a function is its answer', async () => {
    const Resource = 'arn:aws:lambda:eu-central-1:123456789012:function:double';
    // The test's functions go by name, so the whole ARN is one.
    const { output } = await run(machine({ Call: { Type: 'Task', Resource, ...end } }), 4, {
      [Resource]: (n: number) => n * 2,
    });
    expect(output).toBe(8);
  });

  it('fails as the function does: Error is errorType, Cause is the whole answer', async () => {
    const { status, error, cause } = await run(
      machine({ Call: invoking('f', end) }),
      {},
      {
        f: () => {
          throw named('LabelMoved', 'not ours');
        },
      },
    );
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'LabelMoved' });
    expect(JSON.parse(cause ?? '')).toEqual({ errorType: 'LabelMoved', errorMessage: 'not ours' });
  });

  it('that cannot invoke fails with an error of Lambda', async () => {
    expect(await run(machine({ Call: invoking('nobody', end) }))).toMatchObject({
      error: 'Lambda.ResourceNotFoundException',
    });
  });

  it('may take longer than the 60 s of the interpreter and shorter than its own TimeoutSeconds', async () => {
    const slow = () => new Promise(() => {});
    expect(await run(machine({ Call: invoking('slow', { TimeoutSeconds: 1, ...end }) }), {}, { slow })).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
    });
  });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
describe('Retry and Catch', () => {
  it('retry as often as the error says, and then catch with ResultPath', async () => {
    let calls = 0;
    const retry = { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 1, MaxAttempts: 1 }] };
    const catching = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Caught' }] };
    const { output } = await run(
      machine({ Call: invoking('f', { ...retry, ...catching, ...end }), Caught: { Type: 'Succeed' } }),
      { a: 1 },
      {
        f: () => {
          calls += 1;
          throw named('Busy', `call ${calls}`);
        },
      },
    );
    expect(calls).toBe(2);
    expect(output).toEqual({ a: 1, failure: { Error: 'Busy', Cause: '{"errorType":"Busy","errorMessage":"call 2"}' } });
  });

  it('match States.TaskFailed for anything but a timeout', async () => {
    const slow = () => new Promise(() => {});
    const Catch = [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }];
    const definition = machine({
      Call: invoking('slow', { TimeoutSeconds: 1, Catch, ...end }),
      Caught: { Type: 'Succeed' },
    });
    expect(await run(definition, {}, { slow })).toMatchObject({ error: 'States.Timeout' });
  });

  it('do not match a path that points to nothing: States.Runtime ends the execution', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
    const definition = machine({
      Call: invoking('f', { Parameters: { FunctionName: 'f', 'Payload.$': '$.nothing' }, Catch, ...end }),
      Caught: { Type: 'Succeed' },
    });
    expect(await run(definition, {}, { f: () => 1 })).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
describe('a Map', () => {
  const over = (states: Record<string, object>, more: object = {}) => ({
    Type: 'Map',
    ItemsPath: '$.items',
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...machine(states) },
    ...more,
  });

  it('hands each item over as ItemSelector says and gathers the outputs in order', async () => {
    const ItemSelector = { 'v.$': '$$.Map.Item.Value', 'i.$': '$$.Map.Item.Index', 'of.$': '$.name' };
    const definition = machine({ All: over({ Echo: { Type: 'Pass', ...end } }, { ItemSelector, ...end }) });
    const { output } = await run(definition, { name: 'x', items: ['a', 'b'] });
    expect(output).toEqual([
      { v: 'a', i: 0, of: 'x' },
      { v: 'b', i: 1, of: 'x' },
    ]);
  });

  it('without ItemSelector hands over the item, and knows $$.Map inside', async () => {
    const Inside = { Type: 'Pass', Parameters: { 'got.$': '$', 'index.$': '$$.Map.Item.Index' }, ...end };
    const { output } = await run(machine({ All: over({ Inside }, end) }), { items: ['a', { b: 1 }] });
    expect(output).toEqual([
      { got: 'a', index: 0 },
      { got: { b: 1 }, index: 1 },
    ]);
  });

  it('of nothing is an empty list', async () => {
    expect((await run(machine({ All: over({ Echo: { Type: 'Pass', ...end } }, end) }), { items: [] })).output).toEqual(
      [],
    );
  });

  it('with MaxConcurrency 1 takes one after the other', async () => {
    let running = 0;
    let most = 0;
    const f = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    };
    await run(
      machine({ All: over({ Call: invoking('f', end) }, { MaxConcurrency: 1, ...end }) }),
      { items: [1, 2, 3] },
      { f },
    );
    expect(most).toBe(1);
  });

  it('that fails starts no further item and stops those that run', async () => {
    const seen: string[] = [];
    const functions = {
      first: async (item: string) => {
        seen.push(`first ${item}`);
        await new Promise((resolve) => setTimeout(resolve, item === 'bad' ? 5 : 20));
        if (item === 'bad') throw named('ConsumerFailed', 'unhealthy');
        return item;
      },
      second: (item: string) => void seen.push(`second ${item}`),
      late: async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return [...seen];
      },
    };
    const Catch = [{ ErrorEquals: ['ConsumerFailed'], ResultPath: '$.failure', Next: 'Late' }];
    const steps = { First: invoking('first', { Next: 'Second' }), Second: invoking('second', end) };
    const definition = machine({
      All: over(steps, { MaxConcurrency: 2, Catch, Next: 'Late' }),
      Late: invoking('late', end),
    });
    const { output } = await run(definition, { items: ['bad', 'good', 'third', 'fourth'] }, functions);
    expect(output).toEqual(['first bad', 'first good']);
    const types = bench.states
      .executionsOf()
      .at(-1)
      ?.history.events.map(({ type }) => type);
    const iterations = types?.filter((type) => type.startsWith('MapIteration')).sort();
    expect(iterations).toEqual([
      'MapIterationAborted',
      'MapIterationFailed',
      'MapIterationStarted',
      'MapIterationStarted',
    ]);
  });

  it('in a Map that fails stops the inner items too', async () => {
    const seen: string[] = [];
    const functions = {
      work: async ({ name, failAfterMs }: { name: string; failAfterMs?: number }) => {
        seen.push(name);
        await new Promise((resolve) => setTimeout(resolve, failAfterMs ?? 15));
        if (failAfterMs !== undefined) throw named('Boom', name);
      },
      late: async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return [...seen].sort();
      },
    };
    const inner = over({ Work: invoking('work', end) }, { ItemsPath: '$', MaxConcurrency: 1, ...end });
    const Catch = [{ ErrorEquals: ['Boom'], Next: 'Late' }];
    const definition = machine({ Waves: over({ Wave: inner }, { Catch, Next: 'Late' }), Late: invoking('late', end) });
    const items = [
      [{ name: 'a1', failAfterMs: 5 }, { name: 'a2' }],
      [{ name: 'b1' }, { name: 'b2' }],
    ];
    expect((await run(definition, { items }, functions)).output).toEqual(['a1', 'b1']);
  });

  it('fails with the name of what failed inside, which its own Catch and Retry see', async () => {
    let calls = 0;
    const f = () => {
      calls += 1;
      throw named('Boom', 'x');
    };
    const Retry = [{ ErrorEquals: ['Boom'], IntervalSeconds: 1, MaxAttempts: 1 }];
    const definition = machine({ All: over({ Call: invoking('f', end) }, { Retry, ...end }) });
    expect(await run(definition, { items: [1] }, { f })).toMatchObject({ error: 'Boom' });
    expect(calls).toBe(2);
  });
});

describe('a Parallel (https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html)', () => {
  it('runs its branches on the same input and gathers their outputs', async () => {
    const Branches = [
      machine({ A: { Type: 'Pass', Parameters: { 'a.$': '$.n' }, ...end } }),
      machine({ B: { Type: 'Pass', Parameters: { 'b.$': '$.n' }, ...end } }),
    ];
    expect((await run(machine({ Both: { Type: 'Parallel', Branches, ...end } }), { n: 1 })).output).toEqual([
      { a: 1 },
      { b: 1 },
    ]);
  });

  it('stops its other branches when one fails, a Map within one too', async () => {
    const seen: number[] = [];
    const functions = {
      boom: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw named('Boom', 'x');
      },
      slow: async (n: number) => {
        seen.push(n);
        await new Promise((resolve) => setTimeout(resolve, 15));
      },
      late: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return [...seen];
      },
    };
    const ItemProcessor = machine({ Slow: invoking('slow', end) });
    const Each = { Type: 'Map', ItemsPath: '$.items', MaxConcurrency: 1, ItemProcessor, ...end };
    const Branches = [machine({ Boom: invoking('boom', end) }), machine({ Each })];
    const Catch = [{ ErrorEquals: ['Boom'], Next: 'Late' }];
    const definition = machine({
      Both: { Type: 'Parallel', Branches, Catch, Next: 'Late' },
      Late: invoking('late', end),
    });
    expect((await run(definition, { items: [1, 2, 3] }, functions)).output).toEqual([1]);
  });
});

describe('a Wait (https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html)', () => {
  it.each([
    ['SecondsPath', { SecondsPath: '$.seconds' }],
    ['Seconds', { Seconds: 1 }],
    ['TimestampPath', { TimestampPath: '$.at' }],
  ])('by %s hands its input on afterwards', async (_field, how) => {
    const startedMs = Date.now();
    const input = { seconds: 1, at: new Date(startedMs + 1000).toISOString() };
    expect((await run(machine({ Rest: { Type: 'Wait', ...how, ...end } }), input)).output).toEqual(input);
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(990);
  });

  it('of 0 seconds does not wait', async () => {
    expect((await run(machine({ Rest: { Type: 'Wait', SecondsPath: '$.s', ...end } }), { s: 0 })).status).toBe(
      'SUCCEEDED',
    );
  });

  it('of a part of a second is States.Runtime', async () => {
    const definition = machine({ Rest: { Type: 'Wait', SecondsPath: '$.s', ...end } });
    expect(await run(definition, { s: 0.5 })).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  it('of 60 days waits, though no timer of Node holds it', async () => {
    const arn = await bench.start(machine({ Rest: { Type: 'Wait', Seconds: 60 * 86_400, ...end } }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(execution(bench.states, arn).status).toBe('RUNNING');
  });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
describe('a Choice', () => {
  const choosing = (rule: object) =>
    machine({
      Which: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
      Yes: { Type: 'Pass', Result: 'yes', ...end },
      No: { Type: 'Pass', Result: 'no', ...end },
    });

  it.each([
    [{ Variable: '$.a', IsPresent: true }, 'yes'],
    [{ Variable: '$.a', IsPresent: false }, 'no'],
    [{ Variable: '$.b.c', IsPresent: true }, 'no'],
    [{ Variable: '$.b.c', IsPresent: false }, 'yes'],
    [{ Variable: '$.list[0]', IsPresent: true }, 'no'],
    [{ Variable: '$.nothing', IsNull: true }, 'yes'],
    [{ Variable: '$.nothing', IsNull: false }, 'no'],
    [{ Variable: '$.a', IsNull: false }, 'yes'],
    [
      {
        And: [
          { Variable: '$.a', IsPresent: true },
          { Variable: '$.b', IsPresent: false },
        ],
      },
      'yes',
    ],
    [{ Not: { Variable: '$.a', IsString: false } }, 'no'],
  ])('%j is %s', async (rule, expected) => {
    expect((await run(choosing(rule), { a: 1, nothing: null, list: [] })).output).toBe(expected);
  });

  it('on a path that points to nothing is States.Runtime', async () => {
    expect(await run(choosing({ Variable: '$.b', StringEquals: 'x' }))).toMatchObject({ error: 'States.Runtime' });
  });
});

describe('paths', () => {
  it('know the execution everywhere, inside a Map too', async () => {
    const Look = {
      Type: 'Pass',
      Parameters: { 'input.$': '$$.Execution.Input.items', 'id.$': '$$.Execution.Id' },
      ...end,
    };
    const All = { Type: 'Map', ItemsPath: '$.items', ItemProcessor: machine({ Look }), ...end };
    const { output } = await run(machine({ All }), { items: [1] });
    const id = /^arn:aws:states:eu-central-1:123456789012:execution:machine-\d+:one$/;
    expect(output).toEqual([{ input: [1], id: expect.stringMatching(id) }]);
  });

  it('with ResultPath $ replace the whole input', async () => {
    const definition = machine({ Call: invoking('f', { OutputPath: '$', ResultPath: '$', ...end }) });
    expect((await run(definition, { a: 1 }, { f: () => 2 })).output).toMatchObject({ Payload: 2 });
  });

  it('carry a Result that is false or null', async () => {
    const definition = machine({
      No: { Type: 'Pass', Result: false, ResultPath: '$.no', Next: 'Null' },
      Null: { Type: 'Pass', Result: null, ResultPath: '$.null', ...end },
    });
    expect((await run(definition)).output).toEqual({ no: false, null: null });
  });
});

describe('an execution', () => {
  it('that takes longer than the machine allows is TIMED_OUT and goes no further', async () => {
    const calls: number[] = [];
    const definition = {
      ...machine({ Rest: { Type: 'Wait', Seconds: 3, Next: 'Call' }, Call: invoking('f', end) }),
      TimeoutSeconds: 1,
    };
    expect(await run(definition, {}, { f: () => calls.push(1) })).toMatchObject({ status: 'TIMED_OUT' });
    expect(calls).toEqual([]);
  });

  it('ends by a Fail with the error and cause that the paths point to', async () => {
    const definition = machine({ No: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' } });
    expect(await run(definition, { error: 'Held', cause: 'a gate' })).toEqual({
      status: 'FAILED',
      error: 'Held',
      cause: 'a gate',
    });
  });

  it('stops when a result is larger than 256 KiB, whatever is caught', async () => {
    // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
    const definition = machine({ Call: invoking('f', { Catch, ...end }), Caught: { Type: 'Succeed' } });
    const f = () => 'x'.repeat(262_145);
    expect(await run(definition, {}, { f })).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('what the interpreter would silently get wrong is refused when the machine is made', () => {
  it.each([
    ['JSONata', { QueryLanguage: 'JSONata', ...machine({ A: { Type: 'Pass', ...end } }) }],
    ['variables', machine({ A: { Type: 'Pass', Assign: { x: 1 }, ...end } })],
    [
      'task tokens',
      machine({ A: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', ...end } }),
    ],
    ['$$.State', machine({ A: { Type: 'Pass', Parameters: { 'x.$': '$$.State.Name' }, ...end } })],
  ])('%s', (_what, definition) => {
    const create = () =>
      bench.states.create({ name: 'm', roleArn: 'arn:aws:iam::1:role/x', definition: JSON.stringify(definition) });
    expect(create).toThrow(/The simulator cannot run m as AWS would/);
  });

  it('and so is a machine that is no machine, as InvalidDefinition', () => {
    const definition = JSON.stringify(machine({ A: { Type: 'Pass', Next: 'Nowhere' } }));
    const create = () => bench.states.create({ name: 'm', roleArn: 'arn:aws:iam::1:role/x', definition });
    expect(create).toThrow(expect.objectContaining({ code: 'InvalidDefinition' }));
  });
});
