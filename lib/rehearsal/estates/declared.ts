import { Config as HttpCheck } from '../../checks/http/schema.ts';
import { Config as Service } from '../../consumers/ecs-service/schema.ts';
import { parseInput } from '../../core/parse.ts';
import type { Inventory } from '../../inventory/types.ts';
import type { DeclaredSecret } from '../stand-ins/stand-in.ts';
import { CannotStart } from './cannot-start.ts';

/** A consumer of the inventory that runs on this machine. */
export interface DeclaredService {
  /** Of the consumer. */
  name: string;
  cluster: string;
  service: string;
  healthPath: string;
  /** What it is given. */
  secrets: readonly DeclaredSecret[];
}

export function secretsOf({ secrets }: Inventory): DeclaredSecret[] {
  return Object.entries(secrets).map(([name, declaration]) => ({ name, declaration }));
}

/** @throws CannotStart saying what cannot be stood in for. */
export function servicesOf(inventory: Inventory): DeclaredService[] {
  return Object.entries(inventory.consumers).map(([name, { type, config, checks }]) => {
    if (type !== 'ecs-service') {
      throw new CannotStart(`consumer ${name} is of the type ${type}: a rehearsal runs ECS services`);
    }
    const { cluster, service } = parseInput(Service, config, `consumer ${name}`);
    const [check] = checks;
    if (check === undefined)
      throw new CannotStart(`consumer ${name} has no check, so nobody could tell whether it is well`);
    const secrets = secretsOf(inventory).filter(({ declaration }) => declaration.waves?.flat().includes(name));
    if (secrets.length === 0) throw new CannotStart(`no secret names the consumer ${name} in its waves`);
    const healthPath = new URL(parseInput(HttpCheck, check.config, `check of ${name}`).url).pathname;
    return { name, cluster, service, healthPath, secrets };
  });
}
