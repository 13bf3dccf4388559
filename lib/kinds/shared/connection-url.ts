import { SecretValue } from '../../core/secret-value.ts';

/** A connection URL, taken apart. */
export interface ConnectionUrl {
  /** As it is written: `postgresql+asyncpg`. */
  scheme: string;
  username: string;
  password: SecretValue;
  host: string;
  port: number | undefined;
  /** Decoded, without the slash. */
  path: string;
  /** The same URL with placeholders where the login stands. */
  view: string;
}

/** `scheme://[user]:password@host[:port]/path[?query]`, one host. */
const URL_FORM =
  /^([a-z][a-z0-9+.-]*):\/\/([^:/?#@]*):([^/?#]*)@([^@:/?#,[\]]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?(\/[^?#]*)?(\?[^#]*)?$/i;

/** What a query may hold that is not for an inventory. */
const SECRET_PARAMETER = /pass|pwd|secret|token|user/i;

/**
 * Takes a connection URL apart; undefined when it is none, or one that a view cannot render: several hosts, or a login in its query. Pure.
 */
export function parseConnectionUrl(value: SecretValue, schemes: readonly string[]): ConnectionUrl | undefined {
  return value.parse((text) => {
    const match = URL_FORM.exec(text.trim());
    if (match === null) return undefined;
    const [, scheme = '', user = '', password = '', host = '', port, path = '', query = ''] = match;
    if (!schemes.includes(scheme.toLowerCase().replace(/\+.*$/, ''))) return undefined;
    if ([...new URLSearchParams(query).keys()].some((name) => SECRET_PARAMETER.test(name))) return undefined;
    // A brace that stands there already would be taken for a placeholder.
    if (/[{}]/.test(path + query)) return undefined;
    const [username, secret, decodedPath] = [user, password, path.slice(1)].map(decoded);
    if (username === undefined || secret === undefined || decodedPath === undefined || secret === '') return undefined;
    const login = username === '' ? ':{password:url}' : '{username:url}:{password:url}';
    return {
      scheme,
      username,
      password: SecretValue.of(secret),
      host: host.replace(/^\[(.*)\]$/, '$1'),
      port: port === undefined ? undefined : Number(port),
      path: decodedPath,
      view: `${scheme}://${login}@${host}${port === undefined ? '' : `:${port}`}${path}${query}`,
    };
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
