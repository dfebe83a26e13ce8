import { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Log } from '../log.js';
import { within } from '../within.js';
import { type Route, route } from './route.js';

/** What must answer before calls can be taken, by name; one that is not ready says false or throws. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<boolean>>>;

const LONGEST_CHECK_MS = 2_000;

const checksSchema = z.record(z.string(), z.boolean()).describe('What answers, by name.');

export function healthRoutes(deps: { checks: ReadinessChecks; isDraining: () => boolean; log: Log }): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      tag: 'Operation',
      summary: 'Whether the process lives',
      access: 'public',
      responses: { 200: { description: 'It does.', body: z.object({ status: z.literal('ok') }) } },
      handle: () => ({ status: 200, body: { status: 'ok' } }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      tag: 'Operation',
      summary: 'Whether calls can be taken',
      access: 'public',
      responses: {
        200: { description: 'They can.', body: z.object({ status: z.literal('ready'), checks: checksSchema }) },
      },
      handle: async () => ({ status: 200, body: { status: 'ready', checks: await checkAll(deps) } }),
    }),
  ];
}

/** @throws RoomlineError `unavailable` that lists what is not ready. */
async function checkAll(deps: { checks: ReadinessChecks; isDraining: () => boolean; log: Log }) {
  const names = Object.keys(deps.checks);
  const results = await Promise.all(names.map((name) => isReady(name, deps)));
  const checks = Object.fromEntries(names.map((name, index) => [name, results[index] === true]));
  const missing = names.filter((_, index) => results[index] !== true);
  if (deps.isDraining()) missing.push('draining');
  if (missing.length === 0) return checks;
  const message = `not ready: ${missing.join(', ')}`;
  throw new RoomlineError('unavailable', message, { code: 'not-ready', details: { checks, notReady: missing } });
}

async function isReady(name: string, deps: { checks: ReadinessChecks; log: Log }): Promise<boolean> {
  try {
    return await within(LONGEST_CHECK_MS, deps.checks[name]?.() ?? Promise.resolve(false), false);
  } catch (error) {
    deps.log.debug({ err: error, check: name }, 'readiness check failed');
    return false;
  }
}
