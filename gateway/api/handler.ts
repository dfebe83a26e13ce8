import type { RequestListener } from 'node:http';
import type { Router } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Log } from '../log.js';

interface HandlerParts {
  /** What every request goes through first, in this order; one of it answers what is thrown. */
  readonly before: readonly Middleware[];
  readonly router: Router;
  /** What no route answers. */
  readonly otherwise?: Middleware;
  readonly log: Log;
}

/** Answers requests; for `http.createServer` or `https.createServer`. */
export function createHandler({ before, router, otherwise, log }: HandlerParts): RequestListener {
  const app = new Koa();
  // What is thrown is answered and logged by then; what is left are clients that go away in the middle.
  app.on('error', (error: unknown) => log.debug({ err: error }, 'connection error'));
  for (const middleware of before) app.use(middleware);
  app.use(router.routes());
  app.use(router.allowedMethods());
  if (otherwise !== undefined) app.use(otherwise);
  const callback = app.callback();
  return (request, response) => void callback(request, response);
}
