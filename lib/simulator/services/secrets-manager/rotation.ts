import { AwsError, type Need, type Service } from '../../types.ts';
import { type SimulatedWorld, servicePrincipal } from '../../world.ts';
import { CURRENT, holderOf, PENDING } from './labels.ts';
import { needOn, present } from './needs.ts';
import type { Rotator } from './rotator.ts';
import { identity, type RotationRules, type Secret, tokenInUse, tokenOf } from './secret.ts';
import type { SecretStore } from './store.ts';

export interface RotateInput {
  SecretId: string;
  ClientRequestToken?: string;
  RotationLambdaARN?: string;
  RotationRules?: RotationRules;
  /** Default true. */
  RotateImmediately?: boolean;
}

export interface RotateOutput {
  ARN: string;
  Name: string;
  VersionId?: string;
}

export function rotationOperations(world: SimulatedWorld, store: SecretStore, rotator: Rotator): Service['operations'] {
  return {
    RotateSecret: {
      needs: (input: RotateInput) => rotateNeeds(store, input),
      run: (input: RotateInput) => rotate(world, store, rotator, input),
    },
    CancelRotateSecret: {
      needs: (input: RotateInput) => [needOn(store, 'CancelRotateSecret', input.SecretId)],
      /** Turns rotation off and leaves every label where it is. */
      run(input: RotateInput) {
        const secret = store.findLive(input.SecretId);
        if (secret.rotation) secret.rotation.enabled = false;
        const token = secret.openRotation?.token;
        secret.openRotation = undefined;
        store.touch(secret);
        return { ...identity(secret), VersionId: token };
      },
    },
  };
}

/** "You also need lambda:InvokeFunction permissions on the rotation function." */
function rotateNeeds(store: SecretStore, input: RotateInput): Need[] {
  const need = needOn(
    store,
    'RotateSecret',
    input.SecretId,
    present({
      'secretsmanager:RotationLambdaARN': input.RotationLambdaARN,
      'secretsmanager:RotateImmediately': input.RotateImmediately ?? true,
      'secretsmanager:ModifyRotationRules': input.RotationRules !== undefined,
    }),
  );
  const lambdaArn = input.RotationLambdaARN ?? store.lookup(input.SecretId)?.rotation?.lambdaArn;
  return lambdaArn === undefined ? [need] : [need, { action: 'lambda:InvokeFunction', resource: lambdaArn }];
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html */
export async function rotate(
  world: SimulatedWorld,
  store: SecretStore,
  rotator: Rotator,
  input: RotateInput,
): Promise<RotateOutput> {
  const secret = store.findLive(input.SecretId);
  const token = tokenOf(input.ClientRequestToken);
  const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
  if (lambdaArn === undefined) {
    throw new AwsError('InvalidRequestException', 'No Lambda rotation function ARN is associated with this secret.');
  }
  requireRules(input.RotationRules);
  if (input.RotationLambdaARN !== undefined) await requireInvocable(world, secret, input.RotationLambdaARN);
  // Nothing is awaited from here on: of two requests at once, one finds the other's AWSPENDING.
  // Asked again with the token of the rotation that is under way: one rotation, not two.
  if (secret.openRotation?.running && secret.openRotation.token === token) {
    return { ...identity(secret), VersionId: token };
  }
  requireNoOpenRotation(secret, rotator);
  if (secret.versions.has(token)) {
    throw new AwsError('InvalidRequestException', tokenInUse(secret, token).message);
  }
  secret.rotation = {
    enabled: true,
    lambdaArn,
    rules: input.RotationRules ?? secret.rotation?.rules ?? {},
  };
  store.touch(secret);
  if (input.RotateImmediately === false) {
    rotator.test(secret, token);
    return identity(secret);
  }
  rotator.start(secret, token);
  return { ...identity(secret), VersionId: token };
}

/** AWSPENDING on any version but the current one means that a rotation is not over, whoever put it there. */
function requireNoOpenRotation(secret: Secret, rotator: Rotator): void {
  const pending = holderOf(secret, PENDING);
  if (!pending || pending === holderOf(secret, CURRENT)) return;
  // "That rotation will be reattempted": the one that was given up, should this be its version.
  if (secret.openRotation?.token === pending.id) rotator.resume(secret);
  throw new AwsError(
    'InvalidRequestException',
    "A previous rotation isn't complete. That rotation will be reattempted.",
  );
}

/** The function's resource policy must let Secrets Manager in. */
async function requireInvocable(world: SimulatedWorld, secret: Secret, lambdaArn: string): Promise<void> {
  const principal = servicePrincipal(world, 'secretsmanager.amazonaws.com', secret.arn);
  try {
    await world.perform(principal, 'lambda', 'Invoke', { FunctionName: lambdaArn, InvocationType: 'DryRun' });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      'AccessDeniedException',
      'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
    );
  }
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html */
function requireRules(rules: RotationRules | undefined): void {
  if (!rules) return;
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules;
  if (days !== undefined && expression !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'You can set AutomaticallyAfterDays or ScheduleExpression, but not both.',
    );
  }
  if (days !== undefined && (days < 1 || days > 1000)) {
    throw new AwsError('InvalidParameterException', 'AutomaticallyAfterDays must be between 1 and 1000.');
  }
  const hours = /^rate\((\d+) hours?\)$/.exec(expression ?? '')?.[1];
  if (hours !== undefined && Number(hours) < 4) {
    throw new AwsError('InvalidParameterException', 'A secret can be rotated every four hours at most.');
  }
}
