import { Config as HttpCheck } from '../../../checks/http/schema.ts';
import { Config as Service } from '../../../consumers/ecs-service/schema.ts';
import { parseInput } from '../../../core/parse.ts';
import type { Inventory, SecretDeclaration } from '../../../inventory/types.ts';
import { templateOf } from '../../../inventory/views.ts';
import { Target as KeyTarget } from '../../../kinds/iam-access-key/schema.ts';
import { type Target as DatabaseTarget, parseTarget } from '../../../kinds/postgres/schema.ts';
import { CannotStart } from '../cannot-start.ts';

/** What the estate is built from: an inventory of one database login, one access key, and services that use them. */
export interface Declared {
  database: { secret: string; target: DatabaseTarget; views: readonly DeclaredView[] };
  accessKey: { secret: string; target: KeyTarget };
  services: readonly DeclaredService[];
}

export interface DeclaredView {
  name: string;
  template: string;
}

export interface DeclaredService {
  name: string;
  cluster: string;
  service: string;
  healthPath: string;
  usesDatabase: boolean;
  usesAccessKey: boolean;
}

/** @throws CannotStart saying what the sample estate cannot stand in for. */
export function readDeclared(inventory: Inventory): Declared {
  const database = only(inventory, 'postgres');
  const accessKey = only(inventory, 'iam-access-key');
  return {
    database: {
      secret: database.name,
      target: parseTarget(database.declaration.target),
      views: Object.entries(database.declaration.views ?? {}).map(([name, view]) => ({
        name,
        template: templateOf(view),
      })),
    },
    accessKey: {
      secret: accessKey.name,
      target: parseInput(KeyTarget, accessKey.declaration.target, 'target'),
    },
    services: Object.entries(inventory.consumers).map(([name, { config, checks }]) => {
      const { cluster, service } = parseInput(Service, config, `consumer ${name}`);
      const [check] = checks;
      if (check === undefined)
        throw new CannotStart(`consumer ${name} has no check, so nobody could tell whether it is well`);
      return {
        name,
        cluster,
        service,
        healthPath: new URL(parseInput(HttpCheck, check.config, `check of ${name}`).url).pathname,
        usesDatabase: uses(database.declaration, name),
        usesAccessKey: uses(accessKey.declaration, name),
      };
    }),
  };
}

function only(
  { secrets }: Inventory,
  kind: SecretDeclaration['kind'],
): { name: string; declaration: SecretDeclaration } {
  const found = Object.entries(secrets).filter(([, declaration]) => declaration.kind === kind);
  const [first, ...others] = found;
  if (first === undefined || others.length > 0) {
    throw new CannotStart(
      `the sample estate has one secret of the kind ${kind}, the inventory ${found.length}: rehearse it with one`,
    );
  }
  return { name: first[0], declaration: first[1] };
}

function uses({ waves }: SecretDeclaration, consumer: string): boolean {
  return waves?.flat().includes(consumer) ?? false;
}
