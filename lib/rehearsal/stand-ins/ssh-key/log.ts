import type { TargetWork } from '../../report/report.ts';
import type { During } from '../stand-in.ts';

/** From sshd's log: logins by the new key, which nobody else has before the promotion, and those that were refused, whoever's. */
export function countWork(
  log: string,
  { fromMs, toMs }: During,
  fingerprint: string | undefined,
): Omit<TargetWork, 'requests'> {
  const inside = log.split('\n').filter((line) => {
    const atMs = Date.parse(line.split(' ', 1)[0]?.replace(/(\.\d{3})\d*/, '$1') ?? '');
    return atMs >= fromMs && atMs <= toMs;
  });
  return {
    failedLogins: inside.filter((line) => line.includes('Failed publickey for')).length,
    connections: inside.filter(
      (line) => fingerprint !== undefined && line.includes('Accepted publickey') && line.endsWith(fingerprint),
    ).length,
  };
}
