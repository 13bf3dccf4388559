/** A guard of the product switched off in the source as the tests load it; the files themselves stay as they are. */
export interface Trial {
  id: string;
  /** What the product does without its guard. */
  what: string;
  file: string;
  /** Each text stands once in the file. */
  changes: readonly { from: string; to: string }[];
  /** Test files that must not stay green; more are run. */
  suites: readonly string[];
  /** Kinds whose crash sample is run. */
  kinds: readonly string[];
}

export const trials: readonly Trial[] = [
  {
    id: 'open-rollout',
    what: 'a rotation begins although a version is retiring',
    file: 'lib/core/rotation/guard.ts',
    changes: [{ from: "? 'own-finish' : 'open';", to: "? 'none' : 'none';" }],
    suites: ['test/core'],
    kinds: ['iam-access-key', 'postgres'],
  },
  {
    id: 'store-after-install',
    what: 'a chosen value is proposed, installed at the target, and stored then',
    file: 'lib/core/rotation/create-secret.ts',
    changes: [
      {
        from: '  await store.put(state.arn, token, kind.propose(target, current, occasion), labels.pending, event.RotationToken);',
        to: `  if ((await readIfAny(store, state.arn, token)) !== undefined) return;
  const proposed = kind.propose(target, current, occasion);
  const pending = kind.parse(proposed, target);
  await kind.install(contextOf(parts, entry, state.arn), { pending, current });
  await store.put(state.arn, token, proposed, labels.pending, event.RotationToken);`,
      },
    ],
    suites: ['test/core'],
    kinds: ['postgres', 'redis'],
  },
  {
    id: 'discard-after-put',
    what: 'what was minted is discarded in the invocation whose put failed',
    file: 'lib/core/rotation/create-secret.ts',
    changes: [
      {
        from: '  const put = await store.put(state.arn, token, minted, labels.pending, event.RotationToken);',
        to: `  const put = await store
    .put(state.arn, token, minted, labels.pending, event.RotationToken)
    .catch(async (error) => {
      await kind.discard(context, kind.identify(kind.parse(minted, context.target)));
      throw error;
    });`,
      },
    ],
    suites: ['test/core'],
    kinds: ['iam-access-key'],
  },
  {
    id: 'throttled-is-unused',
    what: 'a last-used call that is throttled passes for "unused"',
    file: 'lib/kinds/iam-access-key/index.ts',
    changes: [
      {
        from: "if (error instanceof KeyturnError) return { state: 'unknown', detail: error.message };",
        to: "if (error instanceof KeyturnError) return { state: 'unused' };",
      },
    ],
    suites: ['test/kinds/iam-access-key', 'test/faults/iam-access-key.test.ts'],
    kinds: [],
  },
];
