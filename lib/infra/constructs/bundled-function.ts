import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, type Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Network } from '../../inventory/types.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { functionArn, placeOf } from '../names.ts';
import { type Grant, policyOf } from '../statements.ts';

/** Where a function's code comes from, by the function's name. */
export type CodeOf = (functionName: string) => Code;

export interface BundledFunctionProps {
  functionName: string;
  codeOf: CodeOf;
  timeoutSeconds: number;
  /** Never a secret value. */
  environment: Record<string, string>;
  /** All that the function may do, beside writing its own log. */
  grants: readonly Grant[];
  network?: Network | undefined;
}

/** One entry point of `lambdas/`, bundled with everything that it imports, with a role and a log group of its own. */
export class BundledFunction extends Construct {
  readonly functionName: string;
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const { functionName, network } = props;
    this.functionName = functionName;
    this.logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/keyturn/${functionName}`,
      retention: RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const grants: Grant[] = [
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] },
      ...props.grants,
      ...(network ? [networkGrant] : []),
    ];
    const ownArn = functionArn(placeOf(this), functionName);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { All: policyOf(grants, network ? [ownCodeDenial(ownArn)] : []) },
    });
    acknowledgeWildcards(role, grants);

    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      code: props.codeOf(functionName),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup: this.logGroup,
      environment: props.environment,
    });
    if (network) {
      (this.function.node.defaultChild as CfnFunction).vpcConfig = {
        subnetIds: [...network.subnetIds],
        securityGroupIds: [...network.securityGroupIds],
      };
    }
  }

  get arn(): string {
    return this.function.functionArn;
  }
}

const networkInterfaceActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

const networkGrant: Grant = {
  actions: networkInterfaceActions,
  resources: ['*'],
  why: 'Lambda makes the network interfaces with this role, and asks for it on all resources; the code itself is denied them',
};

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: the role is for the service, not for the code. */
function ownCodeDenial(arn: string) {
  return {
    actions: networkInterfaceActions,
    resources: ['*'],
    conditions: { ArnEquals: { 'lambda:SourceFunctionArn': arn } },
  };
}
