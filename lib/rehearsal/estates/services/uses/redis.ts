import { openRedis, type RedisSession } from '../resp/client.ts';
import { type Credential, inTurn, type Login, loginsOf, type Use } from '../use.ts';

/** Each login writes a key and reads it back, over one session that it opens anew when it has ended. */
export function openUse(credential: Credential): Use {
  return inTurn(loginsOf(credential).map((login) => openLogin(login, credential)));
}

function openLogin(login: Login, { ca, service }: Credential): Use {
  let shared: Promise<RedisSession> | undefined;

  async function logIn(): Promise<RedisSession> {
    const session = openRedis({ host: login.host, port: login.port, ca });
    await expectAnswer(session, '+OK', 'AUTH', login.username, login.password);
    return session;
  }

  /** A client reconnects by itself, with what it holds. */
  async function session(): Promise<RedisSession> {
    const known = await shared?.catch(() => undefined);
    if (known?.isOpen) return known;
    shared = logIn();
    return await shared;
  }

  return {
    async work() {
      const open = await session();
      await expectAnswer(open, '+OK', 'SET', `visits:${service}`, 'seen');
      await expectAnswer(open, 'seen', 'GET', `visits:${service}`);
    },
    async check() {
      const fresh = await logIn();
      await expectAnswer(fresh, '+PONG', 'PING');
      fresh.end();
    },
    async close() {
      (await shared?.catch(() => undefined))?.end();
    },
  };
}

/** @throws Error with the first word of another answer, such as WRONGPASS */
async function expectAnswer(session: RedisSession, wanted: string, ...words: readonly string[]): Promise<void> {
  const answer = await session.command(...words);
  if (answer === wanted) return;
  session.end();
  throw Object.assign(new Error('Redis answered otherwise'), { code: answer.slice(1).split(' ', 1)[0] });
}
