import { expect, it } from 'vitest';
import type { Estate } from '../../../lib/rehearsal/estates/estate.ts';
import { beginAll, type Expectation, type Fault, faultNamed } from '../../../lib/rehearsal/faults/index.ts';

const fault = (expectation: Expectation): Fault => ({ title: '', begin: () => expectation });
const estate = {} as Estate;

it('without a fault everything is retired, in its place, and nothing is missed', () => {
  const { results, interrupted, outages, missed } = beginAll([], estate);
  expect({ results, interrupted, outages, missed: missed?.() }).toEqual({ results: {}, missed: [] });
});

it('of several faults what becomes of the run is what becomes of it with each', () => {
  const outage = { services: ['api'], fromMs: 1, toMs: 2 };
  const { results, interrupted, outages, missed } = beginAll(
    [
      fault({ results: { a: 'rolled-back' }, missed: () => ['one'] }),
      fault({ results: { b: 'held' }, interrupted: true, outages: () => [outage], missed: () => ['two'] }),
    ],
    estate,
  );
  expect(results).toEqual({ a: 'rolled-back', b: 'held' });
  expect(interrupted).toBe(true);
  expect(outages?.()).toEqual([outage]);
  expect(missed?.()).toEqual(['one', 'two']);
});

it('an unknown one is refused with the names of those that there are', () => {
  expect(() => faultNamed('earthquake')).toThrow(
    'there is no fault "earthquake"; there is: unhealthy-consumer, function-killed, database-away',
  );
  expect(() => faultNamed('constructor')).toThrow('there is no fault "constructor"');
});
