/** CPU time and memory of a server and all its processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

// sysconf(_SC_CLK_TCK) has been 100 on every Linux that Node runs on.
const TICK = 10;

/** @returns {{ pid: number, ppid: number, session: number, ticks: number } | undefined} */
function stat(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name may hold spaces and parentheses: what counts stands behind the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (n) => Number(fields[n - 3]);
  return { pid: Number(pid), ppid: at(4), session: at(6), ticks: at(14) + at(15) + at(16) + at(17) };
}

/** The processes in `roots`, in their sessions, and all descendants. */
function processes(roots) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => stat(pid) ?? []);
  const own = stat('self')?.session;
  const chosen = new Set(roots);
  for (const { pid, session } of all) if (session !== own && chosen.has(session)) chosen.add(pid);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, ppid } of all) {
      if (!chosen.has(pid) && chosen.has(ppid)) grown = chosen.add(pid) !== undefined;
    }
  }
  return all.filter(({ pid }) => chosen.has(pid));
}

/** Milliseconds of CPU so far: of those that run, and of the children that they have waited for. */
export const cpuMilliseconds = (roots) => processes(roots).reduce((sum, { ticks }) => sum + ticks * TICK, 0);

/** Octets: resident (shared pages counted for every process) and proportional (shared pages divided). */
export function memory(roots) {
  let resident = 0;
  let proportional = 0;
  for (const { pid } of processes(roots)) {
    let text;
    try {
      text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    } catch {
      continue;
    }
    resident += 1024 * Number(/^Rss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    proportional += 1024 * Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return { resident, proportional };
}
