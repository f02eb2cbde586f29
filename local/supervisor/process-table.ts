/** What the operating system says about a process: `/proc` where there is one, else `ps`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** When a live process was started, in the system's own words; '' where there is none, or only uncollected remains. */
export function startOf(pid: number): string {
  if (pid <= 0) return '';
  if (!hasProc) return ask(pid, 'stat=').startsWith('Z') ? '' : ask(pid, 'lstart=');
  // The second field is the name in parentheses, which may hold anything; state and start time follow it.
  const [, fields = ''] = /\) (.*)$/s.exec(read(pid, 'stat')) ?? [];
  const [state = 'X', ...rest] = fields.split(' ');
  return state === 'Z' || state === 'X' ? '' : (rest[18] ?? '');
}

/** The command line of a live process; '' where there is none. */
export function commandOf(pid: number): string {
  if (pid <= 0) return '';
  return hasProc ? read(pid, 'cmdline').replaceAll('\0', ' ').trim() : ask(pid, 'args=');
}

const hasProc = existsSync('/proc/self/stat');

function read(pid: number, file: 'stat' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function ask(pid: number, format: string): string {
  try {
    return execFileSync('ps', ['-o', format, '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString('utf8')
      .trim();
  } catch {
    return '';
  }
}
