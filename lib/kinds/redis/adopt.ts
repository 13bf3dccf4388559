import type { Adoption } from '../../core/adoption.ts';
import type { SecretValue } from '../../core/secret-value.ts';
import { parseConnectionUrl } from '../shared/connection-url.ts';

const PORT = 6379;

/** A connection URL. README.md says what the admin needs. */
export function adopt(value: SecretValue): Adoption | undefined {
  const url = parseConnectionUrl(value, ['redis', 'rediss', 'valkey', 'valkeys']);
  if (url === undefined) return undefined;
  const { host } = url;
  const isTls = url.scheme.endsWith('s') && url.scheme !== 'redis';
  // Clients that name nobody mean the user `default`.
  const username = url.username === '' ? 'default' : url.username;
  const port = url.port ?? PORT;
  const address = { host, ...(port !== PORT && { port }) };
  const source = url.password.map((password) => JSON.stringify({ engine: 'redis', host, port, username, password }));
  return {
    what: `a Redis URL: user ${username} at ${host}`,
    target: {
      ...address,
      nodes: [address],
      user: username,
      adminSecret: '<the admin secret>',
      ...(isTls ? {} : { tls: { plaintext: '<why that is safe here>' } }),
    },
    source: { value: source, name: `redis-${username}`, view: url.view },
    notes: [
      'nodes: name every server, replicas too, by an address of its own; users are not replicated',
      'adminSecret: make a user that may do what is below at every server, and a secret {"username", "password"} with it',
      ...(/\.cache\.amazonaws\.com(\.cn)?$/.test(host)
        ? ['it is ElastiCache, which withholds ACL SETUSER: this kind cannot rotate it there']
        : []),
    ],
    needs: ['ACL SETUSER rotator on >… +acl +config +client +info +cluster|info +multi +exec   (at every server)'],
  };
}
