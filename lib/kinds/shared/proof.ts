import { KeyturnError } from '../../core/errors.ts';

/**
 * The control beside a refusal: a login with the credential that is kept. It comes first, so that an endpoint that
 * refuses everybody costs no failed login and proves nothing. @throws NotProven
 */
export async function controlLogin(logIn: () => Promise<unknown>): Promise<void> {
  try {
    await logIn();
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    throw new KeyturnError(
      'NotProven',
      `the control login failed, so a refusal would prove nothing: ${cause.message}`,
      { cause },
    );
  }
}

/**
 * A login that must be refused as an authentication: its error.
 * @param stillAccepted what the error says when it is not
 * @throws StillAccepted; NotProven when it fails for another reason
 */
export async function refusedLogin(logIn: () => Promise<unknown>, stillAccepted: string): Promise<KeyturnError> {
  try {
    await logIn();
  } catch (cause) {
    if (!(cause instanceof KeyturnError)) throw cause;
    if (cause.code === 'AuthenticationRefused') return cause;
    throw new KeyturnError(
      'NotProven',
      `the login failed, but not because the credential was refused: ${cause.message}`,
      { cause },
    );
  }
  throw new KeyturnError('StillAccepted', stillAccepted);
}

/** Whatever goes wrong in a proof, nothing is proven by it. @throws NotProven */
export async function proving<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    throw new KeyturnError('NotProven', `no proof: ${error.message}`, { cause: error });
  }
}
