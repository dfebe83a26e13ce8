import type { Context, Next } from 'koa';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { z } from 'zod';
import type { TallySource } from '../tally.js';
import { ANSWERED, type Route, route } from './route.js';

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

export function createMetrics(gauges: readonly GaugeSource[], tallies: readonly TallySource[] = []): Metrics {
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
  for (const tally of tallies) show(tally, registry);
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

function show(tally: TallySource, registry: Registry): void {
  const { name, help, kind, label } = tally;
  const settings = { name, help, labelNames: [label], registers: [registry] };
  if (kind === 'gauge') {
    new Gauge({
      ...settings,
      collect() {
        for (const [value, figure] of tally.read()) this.set({ [label]: value }, figure);
      },
    });
    return;
  }
  new Counter({
    ...settings,
    collect() {
      this.reset();
      for (const [value, figure] of tally.read()) this.inc({ [label]: value }, figure);
    },
  });
}

export function metricsRoutes({ registry }: Metrics): Route[] {
  return [
    route({
      method: 'get',
      path: '/metrics',
      tag: 'Operation',
      summary: 'Figures for Prometheus',
      description: 'From loopback without a token; what a proxy forwards is not from loopback.',
      access: 'here',
      responses: { 200: { description: 'Metrics.', body: z.string(), contentType: 'text/plain' } },
      async handle({ ctx }) {
        ctx.body = await registry.metrics();
        ctx.type = registry.contentType;
        return ANSWERED;
      },
    }),
  ];
}
