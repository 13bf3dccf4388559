import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** In the order in which they were asked for. Each is a test, or a group of tests, of its name in this folder. */
const scenarios = [
  'finishSecret dies between label, start and promotion',
  'a finishSecret stalled past its retry wakes after the roll-back and tries to promote',
  'the view write loses to a manual put',
  'a put times out with effect after minting',
  'a crash after mint followed by a new token',
  'an operator puts a corrected host with the same user name while a version is retiring',
  'the inventory gains a consumer during the soak',
  'two secrets of one campaign share a service whose deployments supersede each other',
  'ECS rolls our deployment back by itself',
  'a service is scaled to 0 in the middle',
  'a rolled-back secret is rotated again with every execution name already used',
  'a schedule delivered twice',
  'RotateSecret while a rollout is open, and after it closed',
  'RotateImmediately=false on a misconfigured secret',
  'an emergency during a soak',
  'an emergency whose consumers do not converge',
  'the roll back fails itself',
];

const folder = new URL('./', import.meta.url);
const titles = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts') && !import.meta.url.endsWith(file))
  .flatMap((file) => [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^(?:it|describe)\('([^']+)'/gm)])
  .map(([, title]) => title);

it.each(scenarios)('there is a scenario: %s', (name) => {
  expect(titles.filter((title) => title === name)).toHaveLength(1);
});
