import type { Make } from '../resource.ts';
import { iamResources } from './iam.ts';
import { lambdaResources } from './lambda.ts';
import { messageResources } from './messages.ts';
import { namesOnly } from './names-only.ts';
import { secretsResources } from './secrets.ts';
import { statesResources } from './states.ts';
import { storageResources } from './storage.ts';

/** How each type of resource is made. A type that is not here cannot be deployed. */
export const resources: Readonly<Record<string, Make>> = {
  ...iamResources,
  ...lambdaResources,
  ...messageResources,
  ...namesOnly,
  ...secretsResources,
  ...statesResources,
  ...storageResources,
};

/** Says nothing to AWS. */
export const ignored: ReadonlySet<string> = new Set(['AWS::CDK::Metadata']);
