import type { EmergencyMode } from '../emergency.ts';

/** Who asked for a rotation, or to go back from it, and why: what an operator adds to the record before it begins. No values. */
export interface RotationRequest {
  schema: 1;
  secret: string;
  /** The version that the rotation makes or made. */
  versionId: string;
  reason: string;
  /** The caller's ARN, as AWS knows it. */
  requestedBy: string;
  requestedAt: string;
  /** It was declared an emergency. */
  emergency?: EmergencyMode;
}
