import { vi } from 'vitest';

/**
 * For the whole crash matrix: what a guess at a password costs whoever reads an identity (lib/kinds/shared/password-identity.ts)
 * would take a third of its time, for each of thousands of passwords. The name stays one that nothing else has.
 */
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const scryptSync: typeof crypto.scryptSync = (password, salt, length, options) =>
    crypto.scryptSync(password, salt, length, { ...options, N: 2 });
  return { ...crypto, scryptSync };
});
