import type { Adoption } from '../../core/adoption.ts';
import { SecretValue } from '../../core/secret-value.ts';

/** How people call the two halves of a key. */
const spellings = [
  ['accessKeyId', 'secretAccessKey'],
  ['AccessKeyId', 'SecretAccessKey'],
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ['aws_access_key_id', 'aws_secret_access_key'],
  ['access_key_id', 'secret_access_key'],
] as const;

/**
 * AKIA: of a user, for long; ASIA: temporary, which nobody can rotate.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
const LASTING_KEY = /^AKIA[A-Z0-9]{12,124}$/;

/** What may stand beside a key in an inventory: no other field is known to be no secret. */
const PLAIN_FIELD = /^(aws_)?(default_)?region$/i;

/** A key pair in JSON, however its fields are called. README.md says what the user needs. */
export function adopt(value: SecretValue, known: Readonly<Record<string, string>>): Adoption | undefined {
  const document = value.parse(objectOf);
  const spelling = spellings.find(([id, secret]) => isText(document?.[id]) && isText(document?.[secret]));
  if (document === undefined || spelling === undefined) return undefined;
  const [idField, secretField] = spelling;
  const accessKeyId = String(document[idField]);
  if (!LASTING_KEY.test(accessKeyId)) return undefined;
  const named = isText(document['userName']) ? document['userName'] : undefined;
  const userName = named ?? known['userName'];
  const notes: string[] = [];
  if (userName === undefined)
    notes.push(
      `userName: aws iam get-access-key-last-used --access-key-id ${accessKeyId} says whose it is; then adopt with --set userName=…`,
    );
  const further = Object.keys(document).filter((field) => ![...spelling, 'userName'].includes(field));
  const unknown = further.filter((field) => !PLAIN_FIELD.test(field));
  const isOwnForm = idField === 'accessKeyId' && named !== undefined;
  if (!isOwnForm && unknown.length > 0)
    notes.push(
      `its further fields ${unknown.join(', ')} may be secret, and no view can hold them: move them to a secret of their own first`,
    );
  const secretAccessKey = document[secretField];
  const canBeView = !isOwnForm && userName !== undefined && unknown.length === 0;
  return {
    what: `an access key of ${userName === undefined ? 'an IAM user' : `the IAM user ${userName}`}: ${accessKeyId}`,
    target: { userName: userName ?? '<the IAM user>' },
    ...(canBeView && {
      source: {
        value: SecretValue.of(JSON.stringify({ userName, accessKeyId, secretAccessKey })),
        name: `aws-${userName}`,
        view: viewOf(document, idField, secretField),
      },
    }),
    notes,
    needs: [
      `aws iam tag-user --user-name ${userName ?? '<the IAM user>'} --tags Key=keyturn:managed,Value=true`,
      'the user has this one key and no second',
    ],
  };
}

/** The same JSON, with placeholders where the key stands. */
function viewOf(document: Readonly<Record<string, unknown>>, idField: string, secretField: string): string {
  const fields = Object.entries(document).map(([field, plain]) => {
    const placeholder = { [idField]: '{accessKeyId:json}', [secretField]: '{secretAccessKey:json}' }[field];
    return `${JSON.stringify(field)}:${placeholder === undefined ? JSON.stringify(plain) : `"${placeholder}"`}`;
  });
  return `{${fields.join(',')}}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
