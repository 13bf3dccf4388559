/** What a server answers, in RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export type Reply = string | number | null | ReplyError | readonly Reply[];

/**
 * What a server says by its message alone, under a code of our own. The message itself is not kept: it can quote an
 * argument (`Error in ACL SETUSER modifier '<…'`).
 */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/^ERR max number of clients/, 'MAXCLIENTS'],
  [/^ERR unknown (sub)?command/i, 'UNKNOWN_COMMAND'],
  [/^ERR wrong number of arguments for 'auth'/, 'NO_ACL_USERS'],
  [/running without a config file/, 'NO_CONFIG_FILE'],
  [/^ERR Rewriting config file/, 'CONFIG_NOT_WRITTEN'],
  [/error trying to save the ACLs/, 'ACL_NOT_SAVED'],
  [/password you are trying to remove .*does not exist/, 'NO_SUCH_PASSWORD'],
];

/** A server's error reply: its code, such as `WRONGPASS`, and nothing else of it. */
export class ReplyError extends Error {
  readonly code: string;

  constructor(message: string) {
    const code = phrases.find(([phrase]) => phrase.test(message))?.[1] ?? message.split(' ', 1)[0] ?? '';
    super(code);
    this.name = 'ReplyError';
    this.code = code;
  }
}

/** One reply and where the next one starts. */
interface Taken {
  reply: Reply;
  next: number;
}

/** Takes one reply from the buffer; undefined while it is incomplete. @throws Error when this is no RESP2 */
export function takeReply(buffer: Buffer, at = 0): Taken | undefined {
  const end = buffer.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const line = buffer.toString('utf8', at + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(buffer[at] ?? 0)) {
    case '+':
      return { reply: line, next };
    case '-':
      return { reply: new ReplyError(line), next };
    case ':':
      return { reply: Number(line), next };
    case '$':
      return takeBulk(buffer, next, Number(line));
    case '*':
      return takeArray(buffer, next, Number(line));
    default:
      throw new Error('no RESP2');
  }
}

function takeBulk(buffer: Buffer, at: number, length: number): Taken | undefined {
  if (length < 0) return { reply: null, next: at };
  const end = at + length;
  if (buffer.length < end + 2) return undefined;
  return { reply: buffer.toString('utf8', at, end), next: end + 2 };
}

function takeArray(buffer: Buffer, at: number, length: number): Taken | undefined {
  if (length < 0) return { reply: null, next: at };
  const replies: Reply[] = [];
  let next = at;
  while (replies.length < length) {
    const taken = takeReply(buffer, next);
    if (taken === undefined) return undefined;
    replies.push(taken.reply);
    next = taken.next;
  }
  return { reply: replies, next };
}

/** A command as an array of bulk strings. */
export function encodeCommand(command: readonly string[]): string {
  return [`*${command.length}`, ...command.flatMap((part) => [`$${Buffer.byteLength(part)}`, part]), ''].join('\r\n');
}
