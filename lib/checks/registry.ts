import type { CheckFacts } from '../core/check.ts';
import { http } from './http/facts.ts';

/** One line per check: its folder's name and its facts. */
export const checks = {
  http,
} as const;

export type CheckId = keyof typeof checks;

export const checkIds = Object.keys(checks) as CheckId[];

export function checkFactsOf(id: CheckId): CheckFacts {
  return checks[id] as CheckFacts;
}
