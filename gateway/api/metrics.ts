import type { Router } from '@koa/router';
import type { Context, Next } from 'koa';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { isLoopback } from '../config.js';
import type { Auth } from './auth.js';

/** A figure read when metrics are asked for. */
export interface GaugeSource {
  /** As Prometheus wants it, such as `roomline_participants`. */
  readonly name: string;
  readonly help: string;
  read(): number | Promise<number>;
}

export interface Metrics {
  /** Counts requests by method, route and status. */
  readonly count: (ctx: Context, next: Next) => Promise<void>;
  readonly registry: Registry;
}

export function createMetrics(gauges: readonly GaugeSource[]): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, read } of gauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  }
  const requests = new Counter({
    name: 'roomline_http_requests_total',
    help: 'HTTP requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });

  return {
    registry,
    async count(ctx, next) {
      await next();
      // By route, not by path: anyone can make up paths without end.
      const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'other';
      requests.inc({ method: ctx.method, route, status: ctx.status });
    },
  };
}

export function addMetrics(router: Router, deps: { auth: Auth; metrics: Metrics }): void {
  router.get('/metrics', async (ctx) => {
    if (!isFromHere(ctx)) await deps.auth.askerOf(ctx);
    ctx.type = deps.metrics.registry.contentType;
    ctx.body = await deps.metrics.registry.metrics();
  });
}

/** A proxy on this machine speaks for others: what it forwards is not from here. */
function isFromHere(ctx: Pick<Context, 'get' | 'req'>): boolean {
  const forwarded = ctx.get('Forwarded') !== '' || ctx.get('X-Forwarded-For') !== '';
  const address = (ctx.req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return !forwarded && isLoopback(address);
}
