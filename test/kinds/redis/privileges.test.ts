import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServers, redisInstalled, startRedis } from '../../support/redis-server.ts';
import { makeEstate, sha256 } from './harness.ts';
import { turn } from './rotate.ts';

interface User {
  flags: string[];
  passwords: string[];
}

describe.runIf(redisInstalled())("a user's rights", () => {
  let servers: RedisServers;
  beforeAll(async () => {
    servers = await startRedis({ replicas: 1 });
  });
  afterAll(() => servers?.stop());

  it('are what they were after 10 turns, at every server, with changes of others in between', async () => {
    const rules = ['~app:*', '%R~other:*', 'resetchannels', '&news', '-@all', '+@read', '+set|', '(+get ~x:*)'];
    const estate = await makeEstate(servers, { rules: rules.map((rule) => rule.replace('+set|', '+set')) });
    const users = () => Promise.all(servers.nodes.map((node) => node.json<User>('ACL', 'GETUSER', estate.user)));
    let current = estate.current;
    for (let at = 0; at < 10; at += 1) {
      for (const node of servers.nodes) await node.command('ACL', 'SETUSER', estate.user, `~key${at}:*`, '+incr');
      const before = await users();
      ({ value: current } = await turn(estate, current));
      const after = await users();
      expect(after.map(({ passwords: _, ...rights }) => rights)).toEqual(
        before.map(({ passwords: _, ...rights }) => rights),
      );
      const { password } = current.parse(JSON.parse);
      expect(after.map(({ passwords }) => passwords)).toEqual(servers.nodes.map(() => [sha256(password)]));
    }
  });

  it('and its other passwords are nobody else’s business', async () => {
    const estate = await makeEstate(servers);
    for (const node of servers.nodes) await node.command('ACL', 'SETUSER', estate.user, '>of-somebody-else');
    const { value } = await turn(estate);
    const expected = [sha256('of-somebody-else'), sha256(value.parse(JSON.parse).password)];
    for (const node of servers.nodes) {
      const { passwords } = await node.json<User>('ACL', 'GETUSER', estate.user);
      expect(passwords).toEqual(expected);
    }
  });
});
