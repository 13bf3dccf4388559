import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { Client } from 'ssh2';
import * as z from 'zod/mini';
import type { Credential, Use } from '../use.ts';

const Host = z.object({ host: z.string(), port: z.number(), user: z.string(), hostKey: z.string() });
type Host = z.infer<typeof Host>;

/** Logs in at each host in turn, whose key it knows. */
export function openUse({ fields, settings }: Credential): Use {
  const hosts = z.array(Host).parse(settings['hosts']);
  const { privateKey = '' } = fields;
  let turn = 0;
  return {
    async work() {
      const host = hosts[turn % hosts.length];
      turn += 1;
      if (host) await logIn(host, privateKey);
    },
    check: () => Promise.all(hosts.map((host) => logIn(host, privateKey))),
    close: async () => undefined,
  };
}

function logIn({ host, port, user: username, hostKey }: Host, privateKey: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once('ready', () => {
      client.end();
      resolve();
    });
    client.once('error', (error) => reject(Object.assign(new Error('SSH login'), { code: error.level })));
    const hostVerifier = (key: Buffer) =>
      `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}` === hostKey;
    // With Nagle's algorithm and delayed acknowledgements a login takes five times as long.
    const sock = new Socket().setNoDelay(true).connect(port, host);
    client.connect({ sock, username, privateKey, hostVerifier, readyTimeout: 5_000 });
  });
}
