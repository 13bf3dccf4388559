import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import { createCheck } from '../../lib/checks/http/index.ts';
import type { Config } from '../../lib/checks/http/schema.ts';
import { buildHouse, consumerEntry, type House } from '../support/house.ts';

const well: RequestListener = (_, response) => response.end('{"state":"ok"}');

/** A rotation and rollout whose one consumer is judged by a real HTTP check. */
async function begin({ onTestFinished }: TestContext) {
  let answer = well;
  let visitorsElsewhere = 0;
  const listen = listening(onTestFinished);
  const elsewhere = await listen((_, response) => {
    visitorsElsewhere += 1;
    well(_, response);
  });
  const origin = await listen((request, response) => answer(request, response));
  const check = createCheck();
  const config: Config = check.facts.parseConfig({
    url: `${origin}/health`,
    plaintext: 'a test on loopback',
    jsonField: { path: 'state', equals: 'ok' },
    timeoutSeconds: 0.8,
  });
  const consumer = consumerEntry('api');
  const [entry] = consumer.checks;
  consumer.checks = entry ? [{ ...entry, successes: 3, deadlineSeconds: 1 }] : [];
  const house = await buildHouse({ rotationAttempts: 1, taskRetries: false, entry: { waves: [[consumer]] } });
  onTestFinished(() => house.close());
  const [api] = house.consumers.values();
  if (api) api.healthOf = () => check.probe(config, AbortSignal.timeout(10_000));
  const old = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
  return {
    house,
    elsewhere,
    visitorsElsewhere: () => visitorsElsewhere,
    answerBy(listener: RequestListener) {
      answer = listener;
    },
    async standing() {
      const current = await house.store.read(house.secretArn, { label: 'AWSCURRENT' });
      return {
        current: current.equals(old) ? 'old' : 'new',
        currentLogin: house.target.accepts(current),
        oldLogin: house.target.accepts(old),
        results: house.records.map(({ result }) => result),
      };
    },
  };
}

/** Starts servers that end with the test. Returns their origin. */
function listening(onTestFinished: TestContext['onTestFinished']) {
  return async (answer: RequestListener): Promise<string> => {
    const server = createServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}

async function turn(house: House) {
  const { error } = await house.turn();
  return { code: error, message: house.states.executionsOf().at(-1)?.failure?.cause ?? '' };
}

type World = Awaited<ReturnType<typeof begin>>;

/** What the consumer answers, and what is said of it. */
const faults: [string, (world: World) => RequestListener, RegExp][] = [
  ['answers too late', () => () => undefined, /took longer than 0\.8 s/],
  [
    'flaps',
    () => {
      let asked = 0;
      return (request, response) => {
        asked += 1;
        if (asked % 3 === 0) response.writeHead(503).end();
        else well(request, response);
      };
    },
    /answered 503, not 200|[12] of 3 healthy answers/,
  ],
  [
    'redirects to where all is well',
    ({ elsewhere }) =>
      (_, response) =>
        response.writeHead(302, { location: `${elsewhere}/login?token=abc` }).end(),
    /answered 302 \(a redirect to http:\/\/127\.0\.0\.1:\d+\/login, which is not followed\), not 200$/,
  ],
  [
    'answers 200 with another state',
    () => (_, response) => response.end('{"state":"degraded"}'),
    /^state is another value \(string\), not "ok"$/,
  ],
  ['answers 200 with a page', () => (_, response) => response.end('<html>ok</html>'), /a body that is not JSON/],
  ['closes the connection', () => (request) => request.socket.destroy(), /closed the connection/],
];

describe.concurrent.each(faults)('a consumer that %s', { timeout: 20_000 }, (_, answerOf, says) => {
  const unhealthy = { code: 'CheckUnhealthy', message: expect.stringMatching(says) };

  it('after its refresh, sends the rollout back to the credential on which it is well', async (context) => {
    const world = await begin(context);
    world.answerBy(answerOf(world));
    world.house.beforeInvoke = (_name, { op }) => {
      if (op === 'move-back') world.answerBy(well);
    };
    expect(await turn(world.house)).toMatchObject(unhealthy);
    const wentBack = { current: 'old', currentLogin: true, oldLogin: true, results: ['rolled-back'] };
    expect(await world.standing()).toEqual(wentBack);
    expect(world.visitorsElsewhere()).toBe(0);
    expect((await world.house.turn()).status).toBe('SUCCEEDED');
  });

  it('during the soak, holds the rollout with both credentials working', async (context) => {
    const world = await begin(context);
    world.house.beforeInvoke = (_name, { op }) => {
      if (op === 'last-use') world.answerBy(answerOf(world));
    };
    expect(await turn(world.house)).toMatchObject(unhealthy);
    expect(await world.standing()).toEqual({ current: 'new', currentLogin: true, oldLogin: true, results: ['held'] });
  });

  it('right after Disable, gets the old credential back', async (context) => {
    const world = await begin(context);
    let disabled = 0;
    world.house.beforeInvoke = (_name, { op }) => {
      // The way back disables too.
      if (op === 'disable') disabled += 1;
      if (op === 'prove-refused' && disabled === 1) world.answerBy(answerOf(world));
      if (op === 'move-back') world.answerBy(well);
    };
    expect(await turn(world.house)).toMatchObject(unhealthy);
    const wentBack = { current: 'old', currentLogin: true, oldLogin: true, results: ['rolled-back'] };
    expect(await world.standing()).toEqual(wentBack);
  });
});
