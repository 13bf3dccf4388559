import { GetExecutionHistoryCommand, type SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { namedError } from './named-error.ts';

const Waiting = z.object({ disabled: z.object({ answer: z.object({ task: z.string() }) }) });

/** What a rollout waits for a human to do, as its newest states say; undefined when it waits for none. Read-only. */
export async function humanTask(
  client: SFNClient,
  executionArn: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  // One look takes 14 events: the newest are enough.
  const input = { executionArn, reverseOrder: true, maxResults: 50, includeExecutionData: true };
  const { events = [] } = await client
    .send(new GetExecutionHistoryCommand(input), { abortSignal })
    .catch((error: unknown) => {
      throw namedError(error, `GetExecutionHistory ${executionArn}`);
    });
  for (const { stateEnteredEventDetails: entered } of events) {
    const { data } = Waiting.safeParse(parsed(entered?.input));
    if (data !== undefined) return data.disabled.answer.task;
  }
  return undefined;
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}
