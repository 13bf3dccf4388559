import { createHash } from 'node:crypto';

const CAMPAIGN_TOKEN = /^(campaign-[0-9a-f]{20})-[0-9a-f]{20}$/;

/**
 * The rotation token of one secret in one campaign: a hash of policy, scheduled time and secret (50 characters; tokens
 * have 32 to 64). At-least-once delivery makes the same token again, so nothing is rotated twice. The campaign's half
 * comes first and is the same for all its secrets: that is how a rollout knows which rotations belong together.
 */
export function campaignToken(policy: string, scheduledTime: string, secretName: string): string {
  return `campaign-${short(`${policy}\n${scheduledTime}`)}-${short(secretName)}`;
}

/** The campaign's half of a version id; undefined for a rotation that was asked for on demand. */
export function campaignOf(versionId: string): string | undefined {
  return CAMPAIGN_TOKEN.exec(versionId)?.[1];
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}
