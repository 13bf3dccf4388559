import { lastUseGate } from './gate.ts';
import type { RetireRequest } from './requests.ts';
import {
  destroy,
  disable,
  discardAbandoned,
  discardOrphan,
  enable,
  lastUse,
  proveRefused,
  type RetirementParts,
  verifyPredecessor,
} from './retirement.ts';

type Ops = {
  [Op in RetireRequest['op']]: (
    request: Extract<RetireRequest, { op: Op }>,
    parts: RetirementParts,
  ) => Promise<object | void>;
};

const ops: Ops = {
  'last-use': async (request, parts) => lastUseGate(await lastUse(request, parts)),
  disable,
  'prove-refused': proveRefused,
  enable,
  'verify-predecessor': verifyPredecessor,
  destroy,
  'discard-abandoned': discardAbandoned,
  'discard-orphan': discardOrphan,
};

/** Does one thing to a kind's credentials that the workflow asks for. Every op is idempotent. */
export async function performRetirement(request: RetireRequest, parts: RetirementParts): Promise<object> {
  const op = ops[request.op] as (request: RetireRequest, parts: RetirementParts) => Promise<object | void>;
  const answer = await op(request, parts);
  return { ...answer, atMs: parts.clock.nowMs() };
}
