/** Secrets Manager's staging labels that Keyturn reads or moves. Together they are the only state. */
export const labels = {
  current: 'AWSCURRENT',
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
  /** Superseded, its credential not yet proven dead. */
  retiring: 'KEYTURN_RETIRING',
} as const;
