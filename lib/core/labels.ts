/** Secrets Manager's staging labels that Keyturn reads or moves. Together they are the only state. */
export const labels = {
  current: 'AWSCURRENT',
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
  /** Superseded, its credential not yet proven dead. */
  retiring: 'KEYTURN_RETIRING',
  /** A value that a human brought and that no rotation has promoted yet; see `SecretState.supplied`. */
  supplied: 'KEYTURN_SUPPLIED',
} as const;
