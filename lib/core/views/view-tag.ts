/** The rollout may write only secrets that carry this tag, beside those that it rotates. */
export const viewTag = { key: 'keyturn:view', value: 'true' } as const;
