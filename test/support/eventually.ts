import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

const POLL_MS = 25;

/** Far more than anything takes, on a machine that is busy with other tests too. */
const DEADLINE_MS = 20_000;

/**
 * Looks until what is seen holds, and returns it. The deadline only bounds a failure: how long it took is nobody's
 * business.
 * @throws Error naming what was waited for and what was seen last.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (seen: T) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > deadline) {
      throw new Error(`waited ${deadlineMs} ms in vain for ${what}; last seen: ${inspect(seen, { depth: 4 })}`);
    }
    await delay(POLL_MS);
  }
}

/** Bounds a promise that may never settle. @throws Error naming what was waited for. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms in vain for ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
