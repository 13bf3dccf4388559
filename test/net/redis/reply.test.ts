import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand, type Reply, ReplyError, takeReply } from '../../../lib/net/redis/reply.ts';

/** Writes what a server would, for tests only. */
function write(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  if (reply instanceof ReplyError) return `-${reply.code} what it says\r\n`;
  return `*${reply.length}\r\n${reply.map(write).join('')}`;
}

const { reply: anyReply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.constant(null),
    fc.constantFrom('WRONGPASS', 'NOPERM').map((code) => new ReplyError(`${code} no`)),
    fc.array(tie('reply'), { maxLength: 4 }),
  ),
}));

describe('a reply', () => {
  it('is read back as it was written, and what comes after it is left', () => {
    fc.assert(
      fc.property(anyReply, fc.string(), (reply, rest) => {
        const text = write(reply);
        expect(takeReply(Buffer.from(`${text}${rest}`))).toEqual({ reply, next: Buffer.byteLength(text) });
      }),
    );
  });

  it('is incomplete at each byte before its last', () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        const bytes = Buffer.from(write(reply));
        for (let length = 0; length < bytes.length; length += 1) {
          expect(takeReply(bytes.subarray(0, length))).toBeUndefined();
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['+PONG\r\n', 'PONG'],
    ['*-1\r\n', null],
    [':-7\r\n', -7],
  ])('%j is %j', (text, reply) => {
    expect(takeReply(Buffer.from(text))?.reply).toBe(reply);
  });

  it('of another protocol is none', () => {
    expect(() => takeReply(Buffer.from('HTTP/1.1 200 OK\r\n'))).toThrow('no RESP2');
  });
});

describe("a server's error", () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
    ["NOPERM this user has no permissions to run the 'ping' command", 'NOPERM'],
    ['ERR max number of clients reached', 'MAXCLIENTS'],
    ["ERR unknown command 'CONFIG', with args beginning with: 'GET'", 'UNKNOWN_COMMAND'],
    ["ERR Unknown subcommand or wrong number of arguments for 'SETUSER'", 'UNKNOWN_COMMAND'],
    ['ERR The server is running without a config file', 'NO_CONFIG_FILE'],
    ['ERR Rewriting config file: Permission denied', 'CONFIG_NOT_WRITTEN'],
    [
      'ERR There was an error trying to save the ACLs. Please check the server logs for more information',
      'ACL_NOT_SAVED',
    ],
    [
      "ERR Error in ACL SETUSER modifier '!17f1': The password you are trying to remove from the user does not exist",
      'NO_SUCH_PASSWORD',
    ],
    ['ERR something with a-secret in it', 'ERR'],
  ])('%s is %s, and nothing else is kept', (message, code) => {
    const error = new ReplyError(message);
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.stack}`).not.toContain('a-secret');
    expect(error.message).toBe(code);
  });
});

it('a command is an array of bulk strings, counted in bytes', () => {
  expect(encodeCommand(['AUTH', 'jürgen', ''])).toBe('*3\r\n$4\r\nAUTH\r\n$7\r\njürgen\r\n$0\r\n\r\n');
});
