import * as z from 'zod/mini';
import { KeyturnError } from '../../core/errors.ts';
import { SecretValue } from '../../core/secret-value.ts';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html: 1 to 64 of these characters, no path. */
const UserName = z
  .string({ error: 'the name of an IAM user is missing' })
  .check(z.regex(/^[\w+=,.@-]{1,64}$/, { error: 'not the name of an IAM user (its name alone, without path or ARN)' }));

const Region = z
  .string({ error: 'not an AWS Region' })
  .check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'not an AWS Region, such as eu-west-1' }));

/** Which IAM user's keys a secret holds. */
export const Target = z.strictObject({
  userName: UserName,
  /** Further Regions, beside Keyturn's own, whose STS must accept a new key before anybody gets it. Default none. */
  regions: z.optional(z.array(Region)),
});
export type Target = z.infer<typeof Target>;

/** One access key, as its secret holds it. */
export interface Credential {
  userName: string;
  accessKeyId: string;
  secretAccessKey: SecretValue;
  /** The value's fields that are not Keyturn's; a new version keeps them. */
  others: SecretValue;
}

const SecretJson = z.looseObject({
  userName: z.string(),
  accessKeyId: z.optional(z.string().check(z.regex(/^\w{16,128}$/))),
  secretAccessKey: z.optional(z.string().check(z.minLength(1))),
});

function malformed(what: string): KeyturnError {
  return new KeyturnError(
    'SecretMalformed',
    `the secret's value ${what}; it must be JSON {"userName", "accessKeyId", "secretAccessKey"}, or {"userName"} alone before the first rotation`,
  );
}

/** No cause is attached anywhere here: JSON.parse quotes the text that it refuses. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
}

/**
 * The access key in a version's value; undefined when it has none yet.
 * @throws SecretMalformed; TargetMismatch when the value names another user than the inventory.
 */
export function parseCredential(value: SecretValue, target: Target): Credential | undefined {
  return value.parse((text) => {
    const result = SecretJson.safeParse(parseJson(text));
    if (!result.success) {
      const field = result.error.issues[0]?.path.join('.');
      throw malformed(field ? `has no good field "${field}"` : 'is not a JSON object');
    }
    const { userName, accessKeyId, secretAccessKey, ...others } = result.data;
    if (userName !== target.userName) {
      throw new KeyturnError(
        'TargetMismatch',
        `the secret's value names the IAM user "${userName}", the inventory "${target.userName}"; correct whichever is wrong`,
      );
    }
    if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
    if (accessKeyId === undefined) throw malformed('has a secretAccessKey without accessKeyId');
    if (secretAccessKey === undefined) throw malformed('has an accessKeyId without secretAccessKey');
    return {
      userName,
      accessKeyId,
      secretAccessKey: SecretValue.of(secretAccessKey),
      others: SecretValue.of(JSON.stringify(others)),
    };
  });
}

/** A version's whole value: the key, and the fields of the version before that are not Keyturn's. */
export function renderCredential(key: Omit<Credential, 'others'>, current: Credential | undefined): SecretValue {
  const others = current?.others ?? SecretValue.of('{}');
  return others.map((json) =>
    key.secretAccessKey.parse((secretAccessKey) =>
      JSON.stringify({
        ...(JSON.parse(json) as object),
        userName: key.userName,
        accessKeyId: key.accessKeyId,
        secretAccessKey,
      }),
    ),
  );
}
