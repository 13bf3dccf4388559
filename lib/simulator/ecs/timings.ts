/** How long ECS takes for what takes it seconds to minutes in AWS. */
export interface EcsTimings {
  /** Default 10. */
  provisioningMs: number;
  /** Between entering PENDING and reading the secrets. Default 20. */
  pendingMs: number;
  /** A service deployment's time in PENDING. Default 20; AWS takes some 150 ms. */
  deploymentPendingMs: number;
  /** The pause after a task that failed; doubles with each in a row, up to `retryAtMostMs`. Default 100. */
  retryMs: number;
  /** Default 5,000. */
  retryAtMostMs: number;
}

export const defaultTimings: EcsTimings = {
  provisioningMs: 10,
  pendingMs: 20,
  deploymentPendingMs: 20,
  retryMs: 100,
  retryAtMostMs: 5_000,
};
