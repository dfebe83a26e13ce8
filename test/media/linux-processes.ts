import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { eventually } from '../support/eventually.js';

export interface LinuxProcess {
  readonly pid: number;
  readonly program: string;
  readonly parent: number;
  readonly group: number;
}

/** The processes of a group that run; zombies do not. */
export function processesOf(group: number): LinuxProcess[] {
  return allProcesses().filter((process) => process.group === group);
}

/** The rtpengines that a program runs, each through its wrapper. */
export function rtpenginesOf(owner: number): number[] {
  const all = allProcesses();
  const wrappers = all.filter(({ parent }) => parent === owner).map(({ pid }) => pid);
  return all
    .filter(({ program, parent }) => program === 'rtpengine' && wrappers.includes(parent))
    .map(({ pid }) => pid);
}

function allProcesses(): LinuxProcess[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readProcess(Number(entry)));
}

/** The rtpengine of a process group. @throws Error when there is none. */
export function rtpengineOf(group: number | undefined): number {
  const found = processesOf(group ?? -1).find(({ program }) => program === 'rtpengine');
  if (found === undefined) throw new Error(`no rtpengine runs in process group ${group}`);
  return found.pid;
}

/** Stops a process; each of its threads has stopped when this resolves, so that none answers any more. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const threads = () =>
    readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
  await eventually(`process ${pid} to stop`, threads, (all) => all.every((stat) => /\) [Tt] /.test(stat)));
}

export async function groupIsGone(group: number): Promise<void> {
  await eventually(
    `process group ${group} to end`,
    () => processesOf(group),
    (left) => left.length === 0,
  );
}

/** The addresses a process has UDP and TCP sockets bound to, as /proc writes them: hexadecimal, `ADDRESS:PORT`. */
export function boundAddresses(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const link = linkOf(`/proc/${pid}/fd/${fd}`);
      return link === undefined ? [] : [link];
    }),
  );
  return ['udp', 'udp6', 'tcp', 'tcp6'].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => inodes.has(`socket:[${fields[9]}]`))
      .map((fields) => fields[1] ?? ''),
  );
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function readProcess(pid: number): LinuxProcess[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, program = '', rest = ''] = /^\d+ \((.*)\) (.*)/.exec(stat) ?? [];
    const [state, parent, group] = rest.split(' ');
    return state === 'Z' ? [] : [{ pid, program, parent: Number(parent), group: Number(group) }];
  } catch {
    // It ended between the listing and the reading.
    return [];
  }
}
