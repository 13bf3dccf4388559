import { KeyturnError } from '../../../core/errors.ts';
import type { Refusal } from '../../../core/kind.ts';
import { SecretValue } from '../../../core/secret-value.ts';
import { controlLogin, refusedLogin } from '../../shared/proof.ts';
import { eventually } from '../../shared/wait.ts';
import type { Credential } from '../credential.ts';
import type { Context } from '../doors.ts';
import { failureOf } from '../failure.ts';
import { assertActsAsBase } from '../verify.ts';
import { atConsole, furtherOf, poolerName, throughPooler } from './doors.ts';
import { type Pooler, userlistOf } from './schema.ts';
import { withLogin, withLoginAgain, withoutLogin } from './userlist.ts';

/**
 * How long a pooler's `auth_file` may lag behind its secret. As long as Step Functions tries the proof of the refusal again
 * (2 + 4 + 8 + 16 + 32 s); a step of a rotation has five minutes.
 */
const deliveryMs = 60_000;

/**
 * The poolers learn a login: its line is written, and they are told to read it until the login gets through each. Poolers
 * that ask PostgreSQL know it already and are logged in through likewise.
 * @throws PoolerLagging
 */
export async function introduce(context: Context, login: Credential, verifier: SecretValue): Promise<void> {
  await rewriteUserlists(context, (list) => withLogin(list, login.username, verifier));
  for (const pooler of context.target.poolers) {
    const accepted = await eventually(context, userlistOf(pooler) ? deliveryMs : 0, async () => {
      await reload(context, pooler);
      return accepts(context, pooler, login);
    });
    if (!accepted) {
      throw new KeyturnError('PoolerLagging', `the ${poolerName(pooler)} refuses "${login.username}"${remedy(pooler)}`);
    }
  }
}

/** The poolers with a list of their own are told to forget a login. No error if they have already. */
export function forget(context: Context, user: string): Promise<void> {
  return changeUserlists(context, (list) => withoutLogin(list, user));
}

/** Undoes `forget`. */
export function remember(context: Context, user: string): Promise<void> {
  return changeUserlists(context, (list) => withLoginAgain(list, user));
}

/** The login gets through every pooler and acts as the base there. */
export async function verifyThroughPoolers(context: Context, login: Credential): Promise<void> {
  for (const pooler of context.target.poolers) await logInThrough(context, pooler, login);
}

/**
 * One refusal per pooler, beside an accepted login there. The pooler is told to read its list once more: where that came late, Step
 * Functions tries again. @throws StillAccepted, NotProven
 */
export async function refusalsOfPoolers(
  context: Context,
  { retire, keep }: { retire: Credential; keep: Credential },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const pooler of context.target.poolers) {
    const endpoint = poolerName(pooler);
    await controlLogin(() => logInThrough(context, pooler, keep));
    await reload(context, pooler);
    const refused = await refusedLogin(
      () => throughPooler(context, retire, pooler, async () => undefined),
      `"${retire.username}" still gets through the ${endpoint}${remedy(pooler)}`,
    );
    const failure = failureOf(refused);
    refusals.push({ endpoint, error: `SQLSTATE ${failure?.code}${failure?.routine ? ` (${failure.routine})` : ''}` });
  }
  return refusals;
}

function logInThrough(context: Context, pooler: Pooler, login: Credential): Promise<void> {
  return throughPooler(context, login, pooler, (session) =>
    assertActsAsBase(session, context.target.user, login.username),
  );
}

async function accepts(context: Context, pooler: Pooler, login: Credential): Promise<boolean> {
  try {
    await logInThrough(context, pooler, login);
    return true;
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'AuthenticationRefused') return false;
    throw error;
  }
}

async function changeUserlists(context: Context, change: (list: SecretValue) => SecretValue): Promise<void> {
  await rewriteUserlists(context, change);
  for (const pooler of context.target.poolers) await reload(context, pooler);
}

/** Poolers may share one list. */
async function rewriteUserlists(context: Context, change: (list: SecretValue) => SecretValue): Promise<void> {
  const lists = new Set(context.target.poolers.flatMap((pooler) => userlistOf(pooler) ?? []));
  for (const list of lists) await furtherOf(context).rewrite(list, change);
}

async function reload(context: Context, pooler: Pooler): Promise<void> {
  if (userlistOf(pooler) === undefined) return;
  await atConsole(context, pooler, (session) => session.run(SecretValue.of('RELOAD')));
}

function remedy(pooler: Pooler): string {
  const list = userlistOf(pooler);
  return list === undefined
    ? ': does its auth_query ask this PostgreSQL, and only for roles that may log in?'
    : ` after RELOAD: does what is in the secret ${list} become its auth_file?`;
}
