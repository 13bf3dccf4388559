/**
 * A change of a user reaches the nodes some time after ModifyUser has answered; until then the user is `modifying`, and
 * ElastiCache takes no other change. https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
export const patience = {
  /** Between two looks. A change takes seconds at least, and DescribeUsers is throttled. */
  polls: { firstMs: 1_000, longestMs: 5_000 },
  /** In the four steps, of the function's 300 s. AWS's own rotation function waits 600 s. */
  rotateMs: 240_000,
  /** In the rollout, where Step Functions asks again: six times within some four minutes. */
  retireMs: 25_000,
  /** For the nodes to know a password after the user is `active`. Not on the clean path, as documented. */
  spreadMs: 30_000,
} as const;
