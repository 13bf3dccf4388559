/** What the waits of a rehearsal are divided by. Four hours pass in a second, so that a day's grace takes six. */
export const rehearsalTimeScale = 14_400;
