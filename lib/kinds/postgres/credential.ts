import { databaseSecrets } from '../shared/database-user/credential.ts';
import type { Target } from './schema.ts';

export type { Credential, Login as Admin } from '../shared/database-user/credential.ts';

export const { initialDocument, parseCredential, parseAdmin, proposeValue } = databaseSecrets<Target>({
  product: 'PostgreSQL',
  engines: ['postgres', 'postgresql', 'aurora-postgresql'],
  engineOf: () => 'postgres',
});
