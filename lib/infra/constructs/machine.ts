import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { machineArn, placeOf } from '../names.ts';
import { type Grant, policyOf } from '../statements.ts';

export interface MachineProps {
  machineName: string;
  /** Amazon States Language. */
  definition: object;
  /** Functions that its tasks invoke, by ARN. */
  invokes: readonly string[];
}

/** A standard state machine that logs everything: its state holds ARNs, version ids and identities, never a value. */
export class Machine extends Construct {
  readonly arn: string;
  readonly machineName: string;

  constructor(scope: Construct, id: string, { machineName, definition, invokes }: MachineProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const logGroup = new LogGroup(this, 'Log', {
      // The prefix keeps CloudWatch's one resource policy for log delivery below its limit of size.
      logGroupName: `/aws/vendedlogs/states/${machineName}`,
      retention: RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const grants: Grant[] = [{ actions: ['lambda:InvokeFunction'], resources: invokes }, logDelivery, tracing];
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnEquals: { 'aws:SourceArn': machineArn(placeOf(this), machineName) },
        },
      }),
      inlinePolicies: { All: policyOf(grants) },
    });
    acknowledgeWildcards(role, grants);

    const machine = new CfnStateMachine(this, 'Machine', {
      stateMachineName: machineName,
      stateMachineType: 'STANDARD',
      definitionString: Stack.of(this).toJsonString(definition),
      roleArn: role.roleArn,
      loggingConfiguration: {
        level: 'ALL',
        includeExecutionData: true,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logGroup.logGroupArn } }],
      },
      tracingConfiguration: { enabled: true },
    });
    this.arn = machine.attrArn;
    this.machineName = machineName;
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
const logDelivery: Grant = {
  actions: [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
  ],
  resources: ['*'],
  why: 'The actions of log delivery take no resource; Step Functions asks for them to log an execution',
};

/** https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html */
const tracing: Grant = {
  actions: ['xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
  resources: ['*'],
  why: "X-Ray's actions for sending traces take no resource",
};
