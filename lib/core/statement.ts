/** Where a policy is written for: fills ARNs. Values may be CDK tokens. */
export interface AwsPlace {
  partition: string;
  region: string;
  account: string;
}

/** One IAM Allow statement that a kind or consumer type needs. */
export interface Statement {
  actions: readonly string[];
  resources: readonly string[];
  /** IAM condition block: operator → key → value. */
  conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}
