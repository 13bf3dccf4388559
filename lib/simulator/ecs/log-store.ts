/** Of one task group, so that a simulator that runs for days does not fill the memory; the oldest output goes first. */
const mostCharacters = 16 * 1024 * 1024;

/** What tasks wrote to stdout and stderr, by task group. */
export interface LogStore {
  append(group: string, chunk: string): void;
  /** Of one group, or of all. */
  read(group?: string): string;
}

export function createLogStore(): LogStore {
  const chunks = new Map<string, { texts: string[]; characters: number; dropped: number }>();
  function read(group: string): string {
    const log = chunks.get(group);
    if (!log) return '';
    return `${log.dropped > 0 ? `[${log.dropped} characters dropped]\n` : ''}${log.texts.join('')}`;
  }
  return {
    append(group, chunk) {
      const log = chunks.get(group) ?? { texts: [], characters: 0, dropped: 0 };
      chunks.set(group, log);
      log.texts.push(chunk);
      log.characters += chunk.length;
      while (log.characters > mostCharacters) {
        const oldest = log.texts.shift()?.length ?? 0;
        log.characters -= oldest;
        log.dropped += oldest;
      }
    },
    read: (group) => (group === undefined ? [...chunks.keys()].map(read).join('') : read(group)),
  };
}
