/** A statement of a function's resource policy, as AddPermission and AWS::Lambda::Permission give it. */
export interface Permission {
  statementId: string;
  /** `lambda:InvokeFunction` */
  action: string;
  /** A service's host name, an account's number or an ARN. */
  principal: string;
  sourceAccount?: string;
  sourceArn?: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html */
export function policyDocument(functionArn: string, permissions: readonly Permission[]): unknown {
  return {
    Version: '2012-10-17',
    Id: 'default',
    Statement: permissions.map(({ statementId, action, principal, sourceAccount, sourceArn }) => ({
      Sid: statementId,
      Effect: 'Allow',
      Principal: principalOf(principal),
      Action: action,
      Resource: functionArn,
      ...((sourceAccount !== undefined || sourceArn !== undefined) && {
        Condition: {
          ...(sourceAccount !== undefined && { StringEquals: { 'AWS:SourceAccount': sourceAccount } }),
          ...(sourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': sourceArn } }),
        },
      }),
    })),
  };
}

function principalOf(principal: string): unknown {
  if (principal === '*') return '*';
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal };
}
