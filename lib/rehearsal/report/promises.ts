import type { RehearsalReport, RotationReport, TurnResult } from './report.ts';

/** Something that Keyturn promises and that this run could see. */
export interface Promised {
  promise: string;
  kept: boolean;
  /** What was seen. */
  seen: string;
}

/** What was looked at, beside the report's figures. */
export interface Findings {
  /** By secret: what the run was expected to end in. */
  expected: Readonly<Record<string, TurnResult>>;
  /** By service: how many campaigns it takes part in; services that are not named may restart as they like. */
  campaigns: Readonly<Record<string, number>>;
  /** Secrets that share no consumer. Others look at Secrets Manager for as long as they wait for each other. */
  alone: readonly string[];
  /** Whether steps had to run more than once: then their costs are not judged. */
  interrupted: boolean;
  /** Whatever else was found to be wrong, in words: a view that does not log in, a label that was left behind. */
  faults: readonly string[];
}

/** A run with fewer requests shows too little. */
const fewestRequests = 1_000;

/** https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas needs 14 calls, 4 to 5 connections and 12 statements. */
const most = { rotationCalls: 10, rolloutCalls: 16, connections: 3, statements: 6 } as const;

/** Pure. */
export function judge(report: RehearsalReport, findings: Findings): Promised[] {
  const { requests, rotations, leaks, deniedCalls } = report;
  return [
    {
      promise: `no request failed, of 1,000 at least${requests.unanswerable === undefined ? '' : ', but while what it needs was away'}`,
      kept: requests.failed === 0 && requests.sent >= fewestRequests,
      seen: `${requests.failed} of ${requests.sent} failed`,
    },
    ...Object.keys(findings.expected).flatMap((secret) => {
      const rotation = rotations.find((each) => each.secret === secret);
      const expected = findings.expected[secret] ?? 'retired';
      return [
        ...judgeRotation(secret, rotation, expected),
        ...(rotation?.kind === 'postgres' && !findings.interrupted
          ? costsOf(secret, rotation, findings.alone.includes(secret))
          : []),
      ];
    }),
    // Campaigns at the same time may have one restart between them.
    ...Object.entries(findings.campaigns).map(([service, campaigns]) => {
      const times = report.restarts[service] ?? 0;
      return {
        promise: `${service} restarted once${campaigns === 1 ? '' : ` in each of ${campaigns} campaigns at most`}`,
        kept: times >= 1 && times <= campaigns,
        seen: `${times} times`,
      };
    }),
    { promise: 'no secret value outside its three places', kept: leaks === 0, seen: `${leaks} found` },
    { promise: 'no call was denied', kept: deniedCalls === 0, seen: `${deniedCalls} were` },
    {
      promise: 'labels, views and evidence are as they should be',
      kept: findings.faults.length === 0,
      seen: findings.faults.join('; ') || 'they are',
    },
  ];
}

function judgeRotation(secret: string, rotation: RotationReport | undefined, expected: TurnResult): Promised[] {
  if (rotation === undefined) {
    return [{ promise: `${secret} is ${expected}`, kept: false, seen: 'it was not rotated' }];
  }
  const retired = expected === 'retired';
  const [dead, alive] = retired ? ['old', 'new'] : ['new', 'old'];
  const deadRefused = retired ? rotation.oldRefused : !rotation.newAccepted;
  const aliveAccepted = retired ? rotation.newAccepted : !rotation.oldRefused;
  return [
    { promise: `${secret} is ${expected}`, kept: rotation.result === expected, seen: rotation.result },
    {
      promise: `${secret}: the ${dead} credential is refused, the ${alive} one accepted`,
      kept: deadRefused && aliveAccepted,
      seen: `${dead} ${deadRefused ? 'refused' : 'accepted'}, ${alive} ${aliveAccepted ? 'accepted' : 'refused'}`,
    },
    { promise: `${secret}: no login failed in the four steps`, ...atMost(rotation.targetWork?.failedLogins ?? 0, 0) },
  ];
}

function costsOf(secret: string, rotation: RotationReport, alone: boolean): Promised[] {
  const { targetWork, secretsManagerCalls } = rotation;
  const { connections = 0, requests = 0 } = targetWork ?? {};
  const promise = (what: string, limit: number) => `${secret}: at most ${limit} ${what}`;
  return [
    {
      promise: promise('database connections in the four steps', most.connections),
      ...atMost(connections, most.connections),
    },
    { promise: promise('statements in them', most.statements), ...atMost(requests, most.statements) },
    {
      promise: promise('Secrets Manager calls in the four steps', most.rotationCalls),
      ...atMost(secretsManagerCalls.rotation, most.rotationCalls),
    },
    ...(rotation.result === 'retired' && alone
      ? [
          {
            promise: promise('in the rollout', most.rolloutCalls),
            ...atMost(secretsManagerCalls.rollout, most.rolloutCalls),
          },
        ]
      : []),
  ];
}

function atMost(count: number, limit: number): Pick<Promised, 'kept' | 'seen'> {
  return { kept: count <= limit, seen: String(count) };
}
