import { AwsError, type Operation, type Service } from '../../../lib/simulator/types.ts';

export interface RotationEvent {
  Step: string;
  SecretId: string;
  ClientRequestToken: string;
  RotationToken?: string;
}

/** A Lambda that runs one function of the test, for the rules of the services that call functions. */
export class StubLambda implements Service {
  readonly name = 'lambda';
  readonly wire = { protocol: 'rest-json', routes: [] } as const;
  readonly events: RotationEvent[] = [];
  readonly operations: Record<
    string,
    Operation<{ FunctionName: string; InvocationType: string; Payload?: Uint8Array }>
  >;
  resourcePolicy: unknown;

  constructor(handler: (event: RotationEvent) => Promise<void> | void) {
    this.operations = {
      Invoke: {
        needs: ({ FunctionName: resource }) => [
          {
            action: 'lambda:InvokeFunction',
            resource,
            ...(this.resourcePolicy !== undefined && { resourcePolicy: this.resourcePolicy }),
          },
        ],
        run: async ({ InvocationType: type, FunctionName: arn, Payload: payload }) => {
          if (arn !== FUNCTION_ARN) throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
          if (type === 'DryRun') return { StatusCode: 204 };
          const event = JSON.parse(Buffer.from(payload ?? []).toString()) as RotationEvent;
          this.events.push(event);
          try {
            await handler(event);
            return { StatusCode: 200, Payload: Buffer.from('null') };
          } catch (error) {
            const answer = { errorMessage: error instanceof Error ? error.message : String(error) };
            return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify(answer)) };
          }
        },
      },
    };
  }
}

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:rotate';

/** What CDK's grantInvoke for Secrets Manager amounts to. */
export function lettingSecretsManagerIn(condition?: Record<string, Record<string, string>>) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'secretsmanager.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: FUNCTION_ARN,
        ...(condition && { Condition: condition }),
      },
    ],
  };
}
