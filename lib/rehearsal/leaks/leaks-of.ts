import type { SecretsManager } from '../../simulator/services/secrets-manager/secrets-manager.ts';
import type { Estate } from '../estates/estate.ts';
import { channelsOf } from './channels.ts';
import { findLeaks, type Leak } from './search.ts';
import { secretTexts } from './secrets.ts';

/** Every secret text that was ever a version's, wherever it was written down but in its three places. */
export async function leaksOf(estate: Estate, terminal: string): Promise<Leak[]> {
  const secrets = secretTexts(estate.world.service<SecretsManager>('secretsmanager'), estate);
  return findLeaks(secrets, await channelsOf(estate, terminal));
}
