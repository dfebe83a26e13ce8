import type { Context, Next } from 'koa';
import type { z } from 'zod';
import { type ErrorKind, RoomlineError } from '../errors.js';
import type { Log } from '../log.js';

export const HTTP_STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 400,
  'too-many': 429,
  full: 503,
  'not-acceptable': 400,
  timeout: 504,
  unavailable: 503,
  internal: 500,
};

/** When to try again where the error does not say. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;

/** Turns whatever is thrown below into `{"error":{code,message,details?}}`; so too a route or method there is not. */
export function errorResponses(log: Log) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.respond !== false) answerUnmatched(ctx);
    } catch (error) {
      const known = toRoomlineError(error);
      if (HTTP_STATUS[known.kind] === 500) {
        log.error({ err: error, method: ctx.method, path: ctx.path }, 'request failed');
      } else if (HTTP_STATUS[known.kind] > 500) {
        // Known trouble, met by every request while it lasts: its reasons say all, its stack nothing.
        log.warn({ why: reasonsOf(known), method: ctx.method, path: ctx.path }, 'request answered with an error');
      }
      answer(ctx, HTTP_STATUS[known.kind], known);
    }
  };
}

/** Makes the schema's complaints one error that names every key at fault, `within` what was checked. */
export function invalidRequest(issues: readonly z.core.$ZodIssue[], within: readonly string[] = []): RoomlineError {
  const described = issues.map(({ path, message }) => ({ path: [...within, ...path].map(String).join('.'), message }));
  const text = described.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new RoomlineError('invalid', text, { code: 'invalid-request', details: { issues: described } });
}

function reasonsOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${reasonsOf(error.cause)}` : error.message;
}

function answer(ctx: Context, status: number, error: RoomlineError): void {
  ctx.status = status;
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer realm="roomline"');
  if (status === 429 || status === 503) {
    ctx.set('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS))));
  }
  ctx.body = {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  };
}

/** The router leaves a status without a body where nothing matched. */
function answerUnmatched(ctx: Context): void {
  if (ctx.body !== undefined && ctx.body !== null) return;
  if (ctx.status === 404) {
    answer(ctx, 404, new RoomlineError('not-found', `there is nothing at ${ctx.path}`, { code: 'no-such-path' }));
  } else if (ctx.status === 405 || ctx.status === 501) {
    const allowed = ctx.response.get('Allow');
    const message = `${ctx.method} is not possible at ${ctx.path}${allowed === '' ? '' : `, only ${allowed}`}`;
    answer(ctx, 405, new RoomlineError('invalid', message, { code: 'method-not-allowed' }));
  }
}

/** Errors of koa and its parsers say by `status` that the client is to blame; all others are ours. */
function toRoomlineError(error: unknown): RoomlineError {
  if (error instanceof RoomlineError) return error;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new RoomlineError('too-large', 'the request body is too large', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new RoomlineError('invalid', (error as Error).message, { code: 'malformed', cause: error });
  }
  return new RoomlineError('internal', 'something went wrong here; the log says what', { cause: error });
}
