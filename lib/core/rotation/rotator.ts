import { createSecret } from './create-secret.ts';
import type { RotationEvent, Step } from './event.ts';
import { finishSecret } from './finish-secret.ts';
import type { RotationParts } from './parts.ts';
import { setSecret } from './set-secret.ts';
import { testSecret } from './test-secret.ts';

const verbs: Record<Step, (event: RotationEvent, parts: RotationParts) => Promise<void>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

/** Runs one of Secrets Manager's four steps. Every step can be replayed from any prefix. Never branches on a kind's id. */
export async function rotate(event: RotationEvent, parts: RotationParts): Promise<void> {
  await verbs[event.Step](event, parts);
}
