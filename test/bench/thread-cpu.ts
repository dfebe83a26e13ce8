import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU time of each thread of a process so far, in ms. */
export function threadCpuMs(pid: number): Map<number, number> {
  const threads = new Map<number, number>();
  for (const name of readdirSync(`/proc/${pid}/task`)) {
    try {
      const text = readFileSync(`/proc/${pid}/task/${name}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      // Fields 14 and 15 of proc(5): utime and stime; the third is the first after the name.
      const ticks = Number(fields[11]) + Number(fields[12]);
      threads.set(Number(name), (ticks * 1000) / TICKS_PER_SECOND);
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return threads;
}

/** What each thread used between two looks, in ms. */
export function cpuBetween(before: Map<number, number>, after: Map<number, number>): Map<number, number> {
  return new Map([...after].map(([thread, ms]) => [thread, ms - (before.get(thread) ?? 0)]));
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
