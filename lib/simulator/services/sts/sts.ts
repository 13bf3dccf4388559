import type { Operation, Service } from '../../types.ts';
import type { SimulatedWorld } from '../../world.ts';

/** STS. https://docs.aws.amazon.com/STS/latest/APIReference/ */
export class Sts implements Service {
  readonly name = 'sts';
  readonly wire = { protocol: 'query', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' } as const;
  readonly operations: Record<string, Operation>;
  private readonly world: SimulatedWorld;

  constructor(world: SimulatedWorld) {
    this.world = world;
    this.operations = { GetCallerIdentity: this.getCallerIdentity() };
  }

  /** "No permissions are required": not even an explicit deny stops it. */
  private getCallerIdentity(): Operation {
    return {
      needs: () => [],
      run: (_input, { principal }) => ({
        UserId: this.world.identities.uniqueId(principal),
        Account: principal.accountId,
        Arn: principal.arn,
      }),
    };
  }
}
