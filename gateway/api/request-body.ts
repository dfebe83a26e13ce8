import { bodyParser } from '@koa/bodyparser';
import type { Context } from 'koa';
import type { z } from 'zod';
import { RoomlineError } from '../errors.js';
import { invalidRequest } from './errors.js';

export interface BodyRules {
  /** Of another size than the server's own limit. */
  readonly maxBodyBytes?: number;
  /** May know a clearer error than the schema does. */
  explain?(body: unknown): RoomlineError | undefined;
}

/** Reads and validates a JSON body. @throws RoomlineError `invalid` or `too-large`. */
export type BodyReader = <Schema extends z.ZodType>(
  ctx: Context,
  schema: Schema,
  rules?: BodyRules,
) => Promise<z.output<Schema>>;

export function createBodyReader(maxBytes: number): BodyReader {
  const usual = parserOf(maxBytes);

  return async (ctx, schema, rules = {}) => {
    if (isEmpty(ctx)) {
      const result = schema.safeParse(undefined);
      if (result.success) return result.data;
    }
    const parse = rules.maxBodyBytes === undefined ? usual : parserOf(rules.maxBodyBytes);
    await parse(ctx, async () => {});
    if (ctx.is('json') === false || ctx.is('json') === null) {
      throw new RoomlineError('invalid', 'send a JSON object, with Content-Type: application/json', {
        code: 'malformed',
      });
    }
    const result = schema.safeParse(ctx.request.body);
    if (!result.success) throw rules.explain?.(ctx.request.body) ?? invalidRequest(result.error.issues);
    return result.data;
  };
}

function parserOf(maxBytes: number): ReturnType<typeof bodyParser> {
  return bodyParser({
    enableTypes: ['json'],
    jsonLimit: maxBytes,
    // Without this the raw text of a refused body would be echoed in the error.
    onError: (error) => {
      throw explain(error, maxBytes);
    },
  });
}

function isEmpty(ctx: Context): boolean {
  return ctx.req.headers['transfer-encoding'] === undefined && (ctx.request.length ?? 0) === 0;
}

function explain(error: Error, maxBytes: number): RoomlineError {
  if ('status' in error && error.status === 413) {
    return new RoomlineError('too-large', `the request body is larger than ${maxBytes} bytes`, { cause: error });
  }
  return new RoomlineError('invalid', 'the request body is not a JSON object', { code: 'malformed', cause: error });
}
