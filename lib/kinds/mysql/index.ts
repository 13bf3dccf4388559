import type { ChosenKind } from '../../core/kind.ts';
import { alternatingUsers } from './alternating.ts';
import { type Credential, identityOf, parseCredential, proposeValue } from './credential.ts';
import { dualPasswords } from './dual/index.ts';
import { mysql } from './facts.ts';
import type { Target } from './schema.ts';
import type { Verbs } from './verbs.ts';

/** MySQL and MariaDB, with alternating users or with dual passwords: see README.md beside this file. */
export function createKind(): ChosenKind<Target, Credential> {
  const at = ({ target }: { target: Target }): Verbs =>
    target.overlap === 'dual-passwords' ? dualPasswords : alternatingUsers;
  return {
    facts: mysql,
    origin: 'chosen',
    parse: parseCredential,
    identify: identityOf,
    propose: proposeValue,
    install: (context, ...rest) => at(context).install(context, ...rest),
    verify: (context, ...rest) => at(context).verify(context, ...rest),
    lastUse: (context, ...rest) => at(context).lastUse(context, ...rest),
    disable: (context, ...rest) => at(context).disable(context, ...rest),
    enable: (context, ...rest) => at(context).enable(context, ...rest),
    proveRefused: (context, ...rest) => at(context).proveRefused(context, ...rest),
    // Views, routines, triggers and events name users as their definers, and a removed password is gone: nothing to destroy.
    destroy: async () => undefined,
    discard: (context, ...rest) => at(context).discard(context, ...rest),
  };
}
