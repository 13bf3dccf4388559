import { openRedis } from '../../estates/services/resp/client.ts';
import type { Verdict } from '../stand-in.ts';

interface Login {
  username?: string;
  password: string;
}

/** Everywhere the same. @throws Error when the servers differ, and for any answer that is neither a yes nor WRONGPASS */
export async function logInEverywhere(
  nodes: readonly { host: string; port: number }[],
  ca: string,
  login: Login,
): Promise<Verdict> {
  const verdicts = new Set<Verdict>();
  for (const { host, port } of nodes) verdicts.add(await logIn({ host, port, ca }, login));
  const [verdict] = verdicts;
  if (verdict === undefined || verdicts.size > 1) throw new Error(`the servers answer ${[...verdicts].join(' and ')}`);
  return verdict;
}

async function logIn(
  door: { host: string; port: number; ca: string },
  { username = 'default', password }: Login,
): Promise<Verdict> {
  const session = openRedis(door);
  try {
    const answer = await session.command('AUTH', username, password);
    if (answer === '+OK') return 'accepted';
    if (answer.startsWith('-WRONGPASS')) return 'refused';
    throw new Error(`Redis answers ${answer.split(' ', 1)[0]}`);
  } finally {
    session.end();
  }
}
