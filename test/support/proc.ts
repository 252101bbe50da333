/** What Linux says about a process (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Fields of /proc/PID/status, split at blanks. */
export const status = (pid: number): Map<string, string[]> =>
  new Map(
    readFileSync(`/proc/${pid}/status`, 'latin1')
      .split('\n')
      .map((line) => [line.split(':')[0] ?? '', (line.split(':')[1] ?? '').trim().split(/\s+/)]),
  );

/** Resident memory in octets. */
export const resident = (pid: number): number => Number(status(pid).get('VmRSS')?.[0] ?? 0) * 1024;

/** The most there ever was. */
export const peakResident = (pid: number): number => Number(status(pid).get('VmHWM')?.[0] ?? 0) * 1024;

/** Open descriptors. Only root and the owner may ask. */
export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Children of a process, dead ones that nobody has waited for among them. */
export function children(pid: number): { pid: number; state: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name in parentheses may hold anything.
        const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ');
        return fields[1] === String(pid) ? [{ pid: Number(name), state: fields[0] ?? '' }] : [];
      } catch {
        return [];
      }
    });
}

/** True while it runs; a dead process that nobody has waited for yet does not. */
export function isRunning(pid: number): boolean {
  try {
    return status(pid).get('State')?.[0] !== 'Z';
  } catch {
    return false;
  }
}
