import { randomBytes } from 'node:crypto';
import type { World } from '../types.ts';

/** The last part of a name or an ARN: AWS takes both wherever it says "short name or full ARN". */
export function shortName(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids (the long format). */
export function ecsArn(world: World, resource: string): string {
  return `arn:aws:ecs:${world.region}:${world.accountId}:${resource}`;
}

export function newTaskId(): string {
  return randomBytes(16).toString('hex');
}

/** `ecs-svc/` and nineteen digits. */
export function newDeploymentId(): string {
  return `ecs-svc/${digits(19)}`;
}

/** As in `service-revision/cluster/service/3655491201181722786`. */
export function newRevisionId(): string {
  return digits(19);
}

/** As in `service-deployment/cluster/service/OLM8zqSkPUsjz_-lRIUeE`: 21 characters. */
export function newServiceDeploymentId(): string {
  return randomBytes(16).toString('base64url').slice(0, 21);
}

function digits(count: number): string {
  const number = randomBytes(8).readBigUInt64BE() % 10n ** BigInt(count - 1);
  return String(10n ** BigInt(count - 1) + number).slice(0, count);
}
