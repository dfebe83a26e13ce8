import type { RequestListener } from 'node:http';
import { Router } from '@koa/router';
import { createAuth } from '../api/auth.js';
import { errorResponses } from '../api/errors.js';
import { createHandler } from '../api/handler.js';
import { healthRoutes } from '../api/health.js';
import { createMetrics, metricsRoutes } from '../api/metrics.js';
import { createBodyReader } from '../api/request-body.js';
import { createTokens } from '../api/token.js';
import { createApiKeys } from '../rooms/api-keys.js';
import type { Base } from './base.js';
import type { Voice } from './voice.js';

/** What a voice server without a directory answers: health and metrics. Its page and API are the directory's. */
export async function startVoiceHttp(base: Base, voice: Voice): Promise<RequestListener> {
  const { config, isDraining, roster, store } = base;
  const log = base.log.child({ part: 'http' });
  const gauges = [
    { name: 'roomline_rooms', help: 'Rooms with someone in them.', read: () => roster.roomCount },
    { name: 'roomline_participants', help: 'Participants of all rooms.', read: () => roster.participantCount },
  ];
  const metrics = createMetrics(gauges, voice.tallies);
  const checks = { ...voice.readiness, database: () => store.ping().then(() => true) };
  const router = new Router();
  const secret = await store.secret('login-token');
  const tokens = createTokens({ secret, lifetimeSeconds: config.http.tokenSeconds });
  const auth = createAuth({ users: store.users, tokens, apiKeys: createApiKeys(store.apiKeys) });
  const deps = { auth, readBody: createBodyReader(config.http.maxBodyBytes) };
  for (const route of [...healthRoutes({ checks, isDraining, log }), ...metricsRoutes(metrics)]) {
    route.mount(router, deps);
  }
  return createHandler({ before: [metrics.count, errorResponses(log)], router, log });
}
