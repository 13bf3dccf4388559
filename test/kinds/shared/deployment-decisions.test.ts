import { describe, expect, it } from 'vitest';
import { infoOf, memberOf, requireWhole } from '../../../lib/kinds/shared/redis-user/deployment.ts';
import type { Node } from '../../../lib/kinds/shared/redis-user/doors.ts';
import type { Reply } from '../../../lib/net/redis/reply.ts';

/** A server that answers these commands and no others. */
const nodeThatSays = (answers: Record<string, string>): Node => ({
  name: 'cache:6379',
  session: {
    async call(...command): Promise<Reply> {
      const answer = answers[command.join(' ')];
      if (answer === undefined) throw new Error(`asked for ${command.join(' ')}`);
      return answer;
    },
  },
});
const linesOf = (fields: object) =>
  Object.entries(fields)
    .map(([key, value]) => `${key}:${value}\r\n`)
    .join('');
const memberThatSays = async (info: object, clusterInfo?: string) => {
  const node = nodeThatSays({
    INFO: `# Server\r\n${linesOf(info)}`,
    ...(clusterInfo !== undefined && { 'CLUSTER INFO': clusterInfo }),
  });
  return memberOf(node, await infoOf(node));
};

describe('what a server says of itself', () => {
  it('is read line by line, headings and empty lines left out, colons in values kept', async () => {
    const node = nodeThatSays({
      INFO: '# Server\r\nredis_mode:standalone\r\nconfig_file:\r\n\r\nslave0:ip=::1,port=1\n',
    });
    expect([...(await infoOf(node))]).toEqual([
      ['redis_mode', 'standalone'],
      ['config_file', ''],
      ['slave0', 'ip=::1,port=1'],
    ]);
  });

  it.each<[string, object, object]>([
    ['alone', {}, { mode: 'standalone', replica: false, replicas: 0, clusterNodes: 0 }],
    ['as a primary', { role: 'master', connected_slaves: 2 }, { replica: false, replicas: 2 }],
    ['as a replica', { role: 'slave', connected_slaves: 0 }, { replica: true, replicas: 0 }],
    ['as a Sentinel', { redis_mode: 'sentinel' }, { mode: 'sentinel' }],
    ['as a Valkey', { server_mode: 'sentinel' }, { mode: 'sentinel' }],
    ['as a Valkey that calls itself Redis too', { redis_mode: 'cluster', server_mode: 'x' }, { mode: 'cluster' }],
  ])('stands %s: the cluster is not asked for where there is none', async (_, info, member) => {
    expect(await memberThatSays({ ...info, cluster_enabled: 0 })).toMatchObject({ name: 'cache:6379', ...member });
  });

  it.each([
    ['how many it knows', 'cluster_state:ok\r\ncluster_known_nodes:12\r\ncluster_size:3\r\n', 12],
    ['nothing of how many it knows', 'cluster_state:ok\r\nnot_cluster_known_nodes:12\r\n', 0],
  ])('is asked of its cluster: %s', async (_, answer, clusterNodes) => {
    expect(await memberThatSays({ cluster_enabled: 1 }, answer)).toMatchObject({ clusterNodes });
  });
});

describe('a deployment that is not named whole', () => {
  const member = { name: 'a:1', mode: 'standalone', replica: false, replicas: 0, clusterNodes: 0 };

  it.each<[string, object[], string]>([
    [
      'for its replicas',
      [{ replicas: 1 }, { name: 'b:1', replica: true, replicas: 2 }],
      'target.nodes names 1 replicas, but 3 are connected: they would go on, so name every one',
    ],
    [
      'for its cluster',
      [{ clusterNodes: 2 }, { name: 'b:1', clusterNodes: 3 }],
      'Redis at b:1: its cluster knows 3 servers, target.nodes names 2: they would go on, so name every one (and CLUSTER FORGET those that are gone)',
    ],
  ])('is refused %s, with what the caller says of it', (_, members, message) => {
    const states = members.map((changes) => ({ ...member, ...changes }));
    expect(() => requireWhole(states, 'they would go on')).toThrow(
      expect.objectContaining({ code: 'TargetUnfit', message }),
    );
  });
});
