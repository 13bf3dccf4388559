import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { KeyturnError } from '../core/errors.ts';

/** Where a command reads what must not stand on the command line. */
export interface Input {
  /** Whether a human sits at it. */
  isTty: boolean;
  /** All that is piped in. @throws InvalidInput for more than a secret holds */
  readAll(): Promise<string>;
  /** Asks at the terminal, without showing what is typed or pasted. @throws Interrupted */
  askHidden(question: string): Promise<string>;
  /** Asks at the terminal. @throws Interrupted */
  ask(question: string): Promise<string>;
}

/** Ctrl-C or Ctrl-D at a question: nothing has been done. */
export class Interrupted extends Error {}

/** More than Secrets Manager keeps in a version (65,536 bytes) is no value that was meant. */
const mostBytes = 65_536;

/** Questions go to stderr: stdout is for what was asked for. */
export function inputOf(stdin: NodeJS.ReadStream, stderr: NodeJS.WriteStream): Input {
  const ask = (question: string, isHidden: boolean) =>
    new Promise<string>((resolve, reject) => {
      let isMuted = false;
      const output = new Writable({
        write(chunk: Buffer, _, done) {
          if (!isMuted) stderr.write(chunk);
          done();
        },
      });
      // With no history, what is typed is nowhere but in the answer.
      const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
      let answer: string | undefined;
      lines.on('SIGINT', () => lines.close());
      lines.on('close', () => {
        if (isHidden || answer === undefined) stderr.write('\n');
        if (answer === undefined) reject(new Interrupted('interrupted'));
        else resolve(answer);
      });
      lines.question(question, (line) => {
        answer = line;
        lines.close();
      });
      isMuted = isHidden;
    });
  return {
    isTty: stdin.isTTY === true,
    async readAll() {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of stdin as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes <= mostBytes) chunks.push(chunk);
      }
      if (bytes > mostBytes)
        throw new KeyturnError(
          'InvalidInput',
          `${bytes} bytes came, and a secret holds ${mostBytes}; nothing was stored`,
        );
      return Buffer.concat(chunks).toString('utf8');
    },
    askHidden: (question) => ask(question, true),
    ask: (question) => ask(question, false),
  };
}
