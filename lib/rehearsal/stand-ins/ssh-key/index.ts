import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { consentTag } from '../../../kinds/ssh-key/facts.ts';
import { parseTarget } from '../../../kinds/ssh-key/schema.ts';
import type { Ssm } from '../../../simulator/services/ssm/ssm.ts';
import { type SshdServer, sshdMissing, startSshd } from '../../estates/sshd-server.ts';
import { startAll } from '../by-server.ts';
import type { DeclaredSecret, StandIn, Surroundings, Verdict } from '../stand-in.ts';
import { countWork } from './log.ts';
import { type KeyFile, logInAt, makeKey } from './ssh.ts';

/** A host of the inventory: an sshd, and the agent of Systems Manager beside it. */
interface Host {
  server: SshdServer;
  instanceId: string;
}

/** A real sshd for each host of each secret, which lets this machine's user in, whoever the inventory's is. */
export const standIn: StandIn = {
  title: 'sshd',
  sample: {
    target: {
      user: 'deploy',
      hosts: [
        {
          host: 'ssh.example',
          instanceId: 'i-0123456789abcdef0',
          hostKeys: ['SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
        },
      ],
    },
  },
  missing: sshdMissing,
  async start(secrets, surroundings) {
    const { world } = surroundings;
    const wanted = secrets.flatMap((secret) => {
      return parseTarget(secret.declaration.target).hosts.map(({ instanceId }) => ({
        secret: secret.name,
        instanceId,
      }));
    });
    const started = await startAll(wanted, async ({ secret, instanceId }) => {
      const host = await startHost(instanceId, surroundings);
      return { ...host, secret, stop: () => host.server.stop() };
    });
    const hostsOf = ({ name }: DeclaredSecret) => started.filter(({ secret }) => secret === name);
    const firstOf = (secret: DeclaredSecret): SshdServer => {
      const [host] = hostsOf(secret);
      if (host === undefined) throw new Error(`no sshd stands in for ${secret.name}`);
      return host.server;
    };

    return {
      aim(secret) {
        const target = parseTarget(secret.declaration.target);
        const { user, authorizedKeys, log } = firstOf(secret);
        const hosts = hostsOf(secret).map(({ server, instanceId }) => ({
          host: server.host,
          port: server.port,
          instanceId,
          hostKeys: [server.hostKey],
        }));
        return { ...secret.declaration, target: { ...target, user, hosts, authorizedKeys, log } };
      },
      async credential(secret) {
        const { folder, user } = firstOf(secret);
        const key: KeyFile = await makeKey(folder, 'first-key');
        for (const { server } of hostsOf(secret)) {
          await appendFile(server.authorizedKeys, `${key.publicKey} a person\n`);
        }
        return JSON.stringify({ username: user, ...key });
      },
      /** Everywhere the same. */
      async ask(secret, value) {
        const { privateKey } = JSON.parse(value) as KeyFile;
        const verdicts = new Set<Verdict>();
        for (const { server } of hostsOf(secret)) verdicts.add(await logInAt(server, privateKey));
        const [verdict] = verdicts;
        if (verdict === undefined || verdicts.size > 1)
          throw new Error(`the hosts answer ${[...verdicts].join(' and ')}`);
        return verdict;
      },
      settings: (secret) => ({
        hosts: hostsOf(secret).map(({ server: { host, port, user, hostKey } }) => ({ host, port, user, hostKey })),
      }),
      async work(secret, during, newValue) {
        const logs = await Promise.all(hostsOf(secret).map(({ server }) => server.logged()));
        const { fingerprint } = JSON.parse(newValue ?? '{}') as Partial<KeyFile>;
        const commands = world.calls.filter(
          ({ operation, atMs, principal }) =>
            operation === 'SendCommand' &&
            principal.endsWith('/keyturn-rotate-ssh-key') &&
            atMs >= during.fromMs &&
            atMs <= during.toMs,
        );
        return { ...countWork(logs.join('\n'), during, fingerprint), requests: commands.length };
      },
      log: async () => (await Promise.all(started.map(({ server }) => server.logged()))).join('\n'),
      stop: async () => void (await Promise.all(started.map(({ stop }) => stop()))),
    };
  },
};

async function startHost(instanceId: string, { world }: Surroundings): Promise<Host> {
  const server = await startSshd();
  const folder = join(server.folder, 'agent');
  await mkdir(folder);
  const tags = { [consentTag.key]: consentTag.value };
  world.service<Ssm>('ssm').runCommand.register({ instanceId, tags, folder });
  return { server, instanceId };
}
