import type { CacheUser } from './user.ts';

/** One node of a cache: a real server, and a way to give it commands as its operator. */
export interface CacheNode {
  command(...args: readonly string[]): Promise<string>;
}

export interface Cache {
  nodes: readonly CacheNode[];
  serverless?: boolean;
}

/** https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SupportedCommands.html: unavailable in every cache … */
const withheld = ['acl|setuser', 'acl|load', 'acl|save', 'acl|deluser', 'config', 'debug', 'replicaof', 'shutdown'];
/** … and in serverless ones besides. */
const withheldServerless = ['acl|log', 'client|id', 'client|info', 'client|kill', 'client|list', 'client|pause'];

/**
 * Makes a cache's nodes know a user as it is. Existing connections stay: "When you modify a password, any existing
 * connections to replication groups are maintained".
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
export async function applyTo({ nodes, serverless }: Cache, user: CacheUser): Promise<void> {
  const forbidden = [...withheld, ...(serverless ? withheldServerless : [])].map((command) => `-${command}`);
  // Without `on` a user is off: "If neither is specified in the access string, the user is assigned off".
  const access = ['off', 'resetkeys', 'resetchannels', 'nocommands', ...user.accessString.split(/\s+/).filter(Boolean)];
  const logins = user.authentication === 'no-password' ? ['nopass'] : user.hashes.map((hash) => `#${hash}`);
  const rules = ['resetpass', ...logins, ...access, ...forbidden];
  for (const node of nodes) {
    const answer = await node.command('ACL', 'SETUSER', user.userName, ...rules);
    if (answer !== 'OK') throw new Error(`The cache refuses the user ${user.userName}: ${answer}`);
  }
}
