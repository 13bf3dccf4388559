/** The longest that one step of a rotation can run: the rotate function's timeout. */
export const rotateTimeoutSeconds = 300;

/** What an entry says where the inventory is silent. */
export const defaults = {
  soakSeconds: 1800,
  /** A day: long enough for a nightly job that nobody inventoried to fail while the credential can still come back. */
  graceSeconds: 86_400,
  gateSeconds: 3600,
  coalesceSeconds: 900,
  skewSeconds: 10,
  pollSeconds: 15,
  promotionSeconds: 3600,
  /** Half a minute on top of the timeout, for the clocks of Lambda and Step Functions to disagree in. */
  rotationSeconds: rotateTimeoutSeconds + 30,
  /** Two weeks: a holiday long. */
  humanSeconds: 1_209_600,
  reminderSeconds: 86_400,
  consumerDeadlineSeconds: 1800,
  check: { successes: 3, intervalSeconds: 10, deadlineSeconds: 300 },
} as const;
