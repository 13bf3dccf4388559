import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Process {
  pid: number;
  group: number;
  state: string;
}

/** From /proc, since small Linux images have no `ps`; from `ps` elsewhere. */
export function processes(): Process[] {
  if (!existsSync('/proc/self/stat')) {
    const lines = execFileSync('ps', ['-eo', 'pid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => {
      const [pid, group, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), group: Number(group), state };
    });
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // After the name in parentheses: state, parent, process group.
        const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), group: Number(group), state }];
      } catch {
        // Gone since the folder was listed.
        return [];
      }
    });
}

/** Without those that are dead and only wait to be noticed by their parent. */
export function livingInGroups(groups: number[]): Process[] {
  return processes().filter(({ group, state }) => groups.includes(group) && !state.startsWith('Z'));
}
