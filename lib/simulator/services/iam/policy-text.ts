import type { PolicyDocument } from '../../iam/identity-store.ts';
import { AwsError } from '../../types.ts';

/** @throws AwsError MalformedPolicyDocument */
export function parsePolicy(text: string | undefined): PolicyDocument {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    if (typeof parsed === 'object' && parsed !== null) return parsed as PolicyDocument;
  } catch {
    // Falls through to the one answer that IAM has for every broken text.
  }
  throw new AwsError('MalformedPolicyDocument', 'Syntax errors in policy.');
}
