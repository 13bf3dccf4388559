import * as z from 'zod/mini';
import { parseInput } from '../../core/parse.ts';

const port = z.int().check(z.gte(1, 'a port'), z.lte(65535, 'a port'));

/** One place to log in to, and the managed node that answers there. */
const Host = z.strictObject({
  /** A name or an address. */
  host: z.string().check(z.regex(/^[^\s/@]+$/, 'a host name or address alone, no URL')),
  /** The port that sshd itself listens on. */
  port: z._default(port, 22),
  /** Of Systems Manager: `i-…` or `mi-…`. */
  instanceId: z.string().check(z.regex(/^m?i-[0-9a-f]{8,17}$/, 'the id of a managed node: i-… or mi-…')),
  /** Fingerprints of its host keys. */
  hostKeys: z
    .array(z.string().check(z.regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a fingerprint: SHA256:…, from ssh-keygen -lf')))
    .check(z.minLength(1, 'give the fingerprints of its host keys: nobody is trusted at first sight')),
});
export type Host = z.infer<typeof Host>;

/** Systems Manager puts a parameter's value in the place of {{…}} in what it is sent. */
const literal = z.regex(/^(?!.*\{\{)/, 'no {{: Systems Manager would replace it');
const path = z.string().check(z.regex(/^(\/[^\s/\0]+)+$/, 'an absolute path of a file, without blanks'), literal);

/** The inventory's `target` of an ssh-key secret. */
const Target = z.strictObject({
  /** The OS user who is logged in as. */
  user: z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'the name of an OS user')),
  /** At most as many as one command can be sent to. */
  hosts: z.array(Host).check(z.minLength(1, 'name at least one host'), z.maxLength(50, 'at most 50 hosts')),
  /** Default: `.ssh/authorized_keys` in the user's home. */
  authorizedKeys: z.optional(path),
  /** What stands before the key in each new line: `from="10.0.0.0/8",no-port-forwarding`. */
  options: z.optional(
    z.string().check(z.regex(/^(?:[^\s"\0]|"[^"\r\n\0]*")+$/, 'options as authorized_keys(5) has them'), literal),
  ),
  /** `id`: the login also runs `id -un`. `authentication`: it runs nothing, for users with a forced command or without a shell. */
  probe: z._default(z.enum(['id', 'authentication']), 'id'),
  /** Where sshd logs. Default: the journal, else /var/log/auth.log or /var/log/secure. */
  log: z.optional(path),
  /** Why the old key may die although the hosts cannot tell whether it is used. */
  noLastUse: z.optional(z.string().check(z.minLength(10, 'say why, in a sentence'))),
});
export type Target = z.infer<typeof Target>;

const Whole = Target.check((ctx) => {
  const { hosts, options, probe } = ctx.value;
  const mistake = (path: (string | number)[], message: string) =>
    ctx.issues.push({ code: 'custom', input: ctx.value, path, message });
  if (probe === 'id' && /(^|,)command=/i.test(options ?? ''))
    mistake(
      ['probe'],
      "options force a command, which a login with probe: 'id' would run: say probe: 'authentication'",
    );
  const twice = hosts.findIndex(({ instanceId }, at) => hosts.findIndex((one) => one.instanceId === instanceId) < at);
  if (twice >= 0) mistake(['hosts', twice, 'instanceId'], 'stands there twice');
});

/** @throws InvalidInput with the path of the mistake */
export function parseTarget(target: unknown): Target {
  return parseInput(Whole, target, 'target');
}

/** `host:port`, as messages and evidence name a host. */
export function nameOf({ host, port: at }: Pick<Host, 'host' | 'port'>): string {
  return `${host}:${at}`;
}
