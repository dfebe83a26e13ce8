import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStatus {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly name: string;
  readonly state: string;
}

/** Every process of this machine, zombies left out. */
export function processes(): ProcessStatus[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statusOf(Number(name)) ?? [])
    .filter(({ state }) => state !== 'Z');
}

export function statusOf(pid: number): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses and may hold anything, parentheses too.
    const end = text.lastIndexOf(')');
    const [state = '', parent, group] = text.slice(end + 2).split(' ');
    return { pid, parent: Number(parent), group: Number(group), name: text.slice(text.indexOf('(') + 1, end), state };
  } catch {
    return undefined;
  }
}

/** A process and all that it started, parents first. */
export function treeOf(pid: number): ProcessStatus[] {
  const all = processes();
  const tree = all.filter((candidate) => candidate.pid === pid);
  for (const parent of tree) tree.push(...all.filter((candidate) => candidate.parent === parent.pid));
  return tree;
}

/** Stops a whole tree without ending it: its sockets stay open, and nothing is answered any more. */
export function freeze(pid: number): void {
  for (const member of treeOf(pid)) process.kill(member.pid, 'SIGSTOP');
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Memory a process really holds, in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
