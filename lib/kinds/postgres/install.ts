import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { cloneOf } from '../shared/database-user/alternation.ts';
import { endpointsOf, nameOf } from '../shared/database-user/target.ts';
import { applied, type Changes, decideChanges } from './changes.ts';
import type { Session } from './client.ts';
import type { Credential } from './credential.ts';
import { asAdmin, asUser, type Context } from './doors.ts';
import { failureOf, ServerError } from './failure.ts';
import { introduce } from './poolers/users.ts';
import { awaitReplicas, writtenTo } from './replicas.ts';
import { requireRights } from './rights.ts';
import { scramVerifier } from './scram.ts';
import { gather, type State } from './state.ts';
import { assertActsAsBase } from './verify.ts';

/** Gather, decide, apply; then replicas and poolers; then a login as pending, which is expected to succeed. */
export async function install(context: Context, pending: Credential): Promise<void> {
  const base = context.target.user;
  const [writer] = endpointsOf(context.target);
  const verifier = scramVerifier(pending.username, pending.password);
  const position = await asAdmin(context, writer, async (session) => {
    const state = await gather(session, base, cloneOf(base));
    requireRights(state, nameOf(writer));
    await apply(session, state, decideChanges(state, base, pending.username), pending.username, verifier);
    return writtenTo(session, context);
  });
  await awaitReplicas(context, position);
  await asUser(context, pending, writer, (session) =>
    assertActsAsBase(session, base, pending.username, nameOf(writer)),
  );
  await introduce(context, pending, verifier);
}

async function apply(
  session: Session,
  state: State,
  changes: Changes,
  login: string,
  verifier: SecretValue,
): Promise<void> {
  try {
    await session.run(applied(changes, login, verifier));
  } catch (error) {
    throw refusedValue(error, login) ?? refusedChange(error, state, changes) ?? error;
  }
}

/**
 * A password hook rejects by an exception of its own: passwordcheck by a data exception (class 22), pg_tle's passcheck
 * by plpgsql's P0001, credcheck (https://github.com/HexaCluster/credcheck) by 28000, which no statement ends with
 * otherwise. A setting's bad value is of class 22 as well, but comes from guc.c.
 */
function refusedValue(error: unknown, user: string): KeyturnError | undefined {
  const failure = failureOf(error);
  if (!/^(22|P0001|28000)/.test(failure?.code ?? '') || failure === undefined || failure.file === 'guc.c')
    return undefined;
  return new KeyturnError(
    'PendingPoisoned',
    `PostgreSQL rejects the new password of "${user}" (SQLSTATE ${failure.code}): the next attempt brings another; a policy that rejects SCRAM verifiers altogether must let them pass (credcheck.encrypted_password_allowed = on)`,
    { cause: new ServerError(failure) },
  );
}

/** Names what was to be changed: the rights checked beforehand do not cover settings that only superusers may set. */
function refusedChange(error: unknown, state: State, changes: Changes): KeyturnError | undefined {
  const failure = failureOf(error);
  if (failure?.code !== '42501') return undefined;
  const statements = [...changes.statements, ...changes.options];
  const wanted =
    statements.length === 0
      ? 'change the password (on RDS with rds.restrict_password_commands: GRANT rds_password to it)'
      : `do one of these, which a superuser can run once instead (or, from PostgreSQL 15, GRANT SET ON PARAMETER to it): ${statements.join('; ')}`;
  return new KeyturnError('AdminPrivilegeMissing', `the admin "${state.admin}" may not ${wanted}`, {
    cause: new ServerError(failure),
  });
}
