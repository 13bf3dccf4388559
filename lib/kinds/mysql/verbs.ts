import type { ChosenKind } from '../../core/kind.ts';
import type { Credential } from './credential.ts';
import type { Target } from './schema.ts';

/** What users in turn and two passwords of one user do each in their own way. */
export type Verbs = Pick<
  ChosenKind<Target, Credential>,
  'install' | 'verify' | 'lastUse' | 'disable' | 'enable' | 'proveRefused' | 'discard'
>;
