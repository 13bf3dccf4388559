import { type RedisServers, startRedis } from '../../estates/redis-server.ts';
import type { TargetWork } from '../../report/report.ts';
import type { During, Surroundings } from '../stand-in.ts';
import { countCommands, countRefusedLogins, monitor } from './monitor.ts';

/** Real servers that are reached by TLS, and what they were asked. */
export interface MonitoredRedis extends Pick<RedisServers, 'primary' | 'nodes' | 'stop'> {
  log(): Promise<string>;
  /** Undefined where nobody listens. */
  work(during: During): Promise<TargetWork | undefined>;
}

export async function startMonitoredRedis(
  nodes: number,
  { authority, logsStatements }: Pick<Surroundings, 'authority' | 'logsStatements'>,
): Promise<MonitoredRedis> {
  const ca = authority.certificate;
  const servers = await startRedis({
    tls: { ...authority.issue(['localhost', '127.0.0.1']), ca },
    replicas: nodes - 1,
  });
  const monitors = logsStatements ? await Promise.all(servers.nodes.map((node) => monitor(node, ca))) : [];
  return {
    primary: servers.primary,
    nodes: servers.nodes,
    log: async () => [await servers.log(), ...monitors.map(({ text }) => text())].join('\n'),
    async work(during) {
      if (monitors.length === 0) return undefined;
      const counts = monitors.map(({ text }) => countCommands(text(), during));
      return {
        failedLogins: await countRefusedLogins(servers.nodes, during),
        connections: counts.reduce((sum, { connections }) => sum + connections, 0),
        requests: counts.reduce((sum, { requests }) => sum + requests, 0),
      };
    },
    async stop() {
      for (const { end } of monitors) end();
      await servers.stop();
    },
  };
}
