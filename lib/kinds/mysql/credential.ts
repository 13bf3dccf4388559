import { databaseSecrets } from '../shared/database-user/credential.ts';
import type { Target } from './schema.ts';

export type { Credential } from '../shared/database-user/credential.ts';

export const { initialDocument, parseCredential, parseAdmin, proposeValue } = databaseSecrets<Target>({
  product: 'MySQL',
  engines: ['mysql', 'mariadb', 'aurora-mysql', 'aurora'],
  engineOf: ({ engine }) => engine,
});
