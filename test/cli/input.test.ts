import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inputOf } from '../../lib/cli/input.ts';

describe('what is piped in', () => {
  const input = (...chunks: string[]) => {
    const stdin = Readable.from(chunks.map((chunk) => Buffer.from(chunk))) as unknown as NodeJS.ReadStream;
    return inputOf(stdin, new Writable() as unknown as NodeJS.WriteStream);
  };

  it('is read to its end, characters cut in two between chunks included', async () => {
    expect(input().isTty).toBe(false);
    expect(await input().readAll()).toBe('');
    expect(await input('a', 'b\n').readAll()).toBe('ab\n');
    const euro = Buffer.from('€');
    const halves = Readable.from([euro.subarray(0, 1), euro.subarray(1)]) as unknown as NodeJS.ReadStream;
    expect(await inputOf(halves, new Writable() as unknown as NodeJS.WriteStream).readAll()).toBe('€');
  });

  it('is refused where it is more than a secret holds, and not quoted', async () => {
    expect(await input('x'.repeat(65_536)).readAll()).toHaveLength(65_536);
    await expect(input('x'.repeat(65_536), 'y').readAll()).rejects.toMatchObject({
      code: 'InvalidInput',
      message: '65537 bytes came, and a secret holds 65536; nothing was stored',
    });
  });
});
