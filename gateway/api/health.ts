import type { Router } from '@koa/router';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';

/** What must answer before calls can be taken, by name; one that is not ready says false or throws. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<boolean>>>;

const LONGEST_CHECK_MS = 2_000;

export function addHealth(
  router: Router,
  deps: { checks: ReadinessChecks; isDraining: () => boolean; log: Log },
): void {
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });

  router.get('/readyz', async (ctx) => {
    const names = Object.keys(deps.checks);
    const results = await Promise.all(names.map((name) => isReady(name, deps)));
    const checks = Object.fromEntries(names.map((name, index) => [name, results[index] === true]));
    const missing = names.filter((_, index) => results[index] !== true);
    if (deps.isDraining()) missing.push('draining');
    if (missing.length > 0) {
      const message = `not ready: ${missing.join(', ')}`;
      throw new RoomlineError('unavailable', message, { code: 'not-ready', details: { checks, notReady: missing } });
    }
    ctx.body = { status: 'ready', checks };
  });
}

async function isReady(name: string, deps: { checks: ReadinessChecks; log: Log }): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LONGEST_CHECK_MS);
  });
  try {
    return await Promise.race([deps.checks[name]?.() ?? false, deadline]);
  } catch (error) {
    deps.log.debug({ err: error, check: name }, 'readiness check failed');
    return false;
  } finally {
    clearTimeout(timer);
  }
}
