import type * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import type { SecretValue } from '../../core/secret-value.ts';

/**
 * Parses a secret's JSON object.
 * @param isNot how the error begins: `the secret is not the JSON of …`
 * @throws SecretMalformed, which names the fields that cannot be used and quotes nothing of the value
 */
export function parseDocument<T>(schema: z.ZodMiniType<T>, value: SecretValue, isNot: string): T {
  const json = value.parse((whole): unknown => {
    try {
      return JSON.parse(whole);
    } catch {
      // Without the cause: JSON.parse quotes the text that it stumbled over.
      return undefined;
    }
  });
  const parsed = schema.safeParse(json);
  if (parsed.success && !Array.isArray(json)) return parsed.data;
  const fields = parsed.error?.issues.map((issue) => issue.path.join('.')).filter((path) => path !== '') ?? [];
  const what = fields.length > 0 ? `its ${fields.join(', ')} cannot be used` : 'it is no JSON object';
  throw new KeyturnError('SecretMalformed', `${isNot}: ${what}`);
}

/**
 * Whoever can write a secret must not be able to aim the admin credential elsewhere.
 * @throws TargetMismatch
 */
export function refuseDifference(
  where: string,
  field: string,
  found: string | number | undefined,
  wanted: string | number,
): void {
  if (found === undefined || String(found) === String(wanted)) return;
  throw new KeyturnError(
    'TargetMismatch',
    `${where} says ${field} ${JSON.stringify(found)}, the inventory says ${JSON.stringify(wanted)}: correct the one that is wrong`,
  );
}
