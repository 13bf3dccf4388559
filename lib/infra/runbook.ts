/** Headings of docs/runbook.md that alarms link. */
export const alarmNames = {
  rotationFailing: 'A rotation is failing',
  rolloutStopped: 'A rollout held or failed',
  campaignFailed: 'A campaign failed',
  unmanagedPromotion: 'Somebody else promoted a secret',
  watchFailing: 'The watch is failing',
  deadLetters: 'The dead-letter queue is not empty',
} as const;

/** `docs/runbook.md#a-rotation-is-failing`: anchors as GitHub makes them of headings. */
export function runbookLink(heading: string): string {
  return `docs/runbook.md#${heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')}`;
}
