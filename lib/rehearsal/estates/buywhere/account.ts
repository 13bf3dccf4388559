import { randomBytes } from 'node:crypto';
import { managedTag } from '../../../kinds/iam-access-key/facts.ts';
import type { Iam } from '../../../simulator/services/iam/iam.ts';
import type { S3 } from '../../../simulator/services/s3/s3.ts';
import type { SecretsManager } from '../../../simulator/services/secrets-manager/secrets-manager.ts';
import type { SimulatedWorld } from '../../../simulator/world.ts';
import { adminUser, type Database } from './database.ts';
import type { Declared } from './declared.ts';

/** What the account has before Keyturn is deployed to it. */
export interface Account {
  bucket: string;
  /** Secrets' ARNs by name: views and the two that rotate. */
  arns: Readonly<Record<string, string>>;
  executionRoleArn: string;
}

/** The secrets with their values, the IAM user with its key, the bucket, the role that injects. */
export async function setUpAccount(world: SimulatedWorld, declared: Declared, database: Database): Promise<Account> {
  const { target, views, secret } = declared.database;
  const secrets = world.service<SecretsManager>('secretsmanager');
  const iam = world.service<Iam>('iam');
  const place = { engine: 'postgres', host: database.host, port: database.port };

  const adminArn = secrets.create({
    name: target.adminSecret,
    secretString: JSON.stringify({ ...place, username: adminUser, password: database.adminPassword }),
  });
  const login = { ...place, username: target.user, password: database.password, dbname: target.database };
  const arns: Record<string, string> = {
    [secret]: secrets.create({ name: secret, secretString: JSON.stringify({ ...login, masterarn: adminArn }) }),
  };
  for (const { name, template } of views) {
    const secretString = fill(template, { ...login, port: String(login.port) });
    arns[name] = secrets.create({ name, secretString, tags: { 'keyturn:view': 'true' } });
  }

  const bucket = `buywhere-uploads-${randomBytes(4).toString('hex')}`;
  world.service<S3>('s3').createBucket({ name: bucket });
  const { userName } = declared.accessKey.target;
  await iam.createUser({
    userName,
    tags: { [managedTag.key]: managedTag.value },
    policies: { uploads: allow('s3:PutObject', `arn:aws:s3:::${bucket}/*`) },
  });
  const { accessKeyId, secretAccessKey } = iam.createAccessKey(userName);
  arns[declared.accessKey.secret] = secrets.create({
    name: declared.accessKey.secret,
    secretString: JSON.stringify({ userName, accessKeyId, secretAccessKey }),
  });

  const { arn: executionRoleArn } = await iam.createRole({
    roleName: 'buywhere-task-execution',
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policies: { secrets: allow('secretsmanager:GetSecretValue', Object.values(arns)) },
  });
  return { bucket, arns, executionRoleArn };
}

function allow(action: string, resource: string | string[]) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] };
}

/** What a view says, by the plain meaning of its template. */
export function fill(template: string, fields: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)(:url)?\}/g, (_, field: string, url: string | undefined) => {
    const value = fields[field] ?? '';
    return url === undefined ? value : encodeURIComponent(value);
  });
}
