import { KeyturnError } from '../core/errors.ts';

/** An environment variable that must be there. @throws InvalidInput naming it */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new KeyturnError('InvalidInput', `the environment variable ${name} is missing: deploy the app again`);
  return value;
}
