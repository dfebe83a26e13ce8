import type { Router, RouterContext } from '@koa/router';
import type { z } from 'zod';
import { RoomlineError } from '../errors.js';
import type { Access, Auth, CallerOf } from './auth.js';
import { invalidRequest } from './errors.js';
import type { BodyReader } from './request-body.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A part of the path, such as `:number`. */
export interface PathParameter {
  readonly schema: z.ZodType<string>;
  readonly description: string;
  /** The error's code where a text of another form is simply not there: 404. Without it such a text is refused: 400. */
  readonly missing?: string;
}

/** One of the answers a route gives. Without `body` it has none. */
export interface ResponseSpec {
  readonly description: string;
  readonly body?: z.ZodType;
  /** `application/json` unless it is another. */
  readonly contentType?: string;
}

/** The handler has taken the connection over, or set the context's body itself. */
export const ANSWERED = { answered: true } as const;

type Answered = typeof ANSWERED;
type Responses = Readonly<Record<number, ResponseSpec>>;
type Parameters = Readonly<Record<string, PathParameter>>;

/** What a handler may return: one of the declared answers, of its declared form. */
export type Reply<R extends Responses> = {
  [Status in keyof R & number]: R[Status] extends { readonly body: infer Body extends z.ZodType }
    ? { readonly status: Status; readonly body: z.input<Body> }
    : { readonly status: Status };
}[keyof R & number];

/** What a route reads from a request beside the path. */
interface Inputs<Q extends z.ZodType, H extends z.ZodType, B extends z.ZodType> {
  readonly query?: Q;
  /** Named in lower case. */
  readonly headers?: H;
  readonly body?: B;
}

export interface RouteRequest<
  A extends Access,
  P extends Parameters,
  Q extends z.ZodType,
  H extends z.ZodType,
  B extends z.ZodType,
> {
  readonly ctx: RouterContext;
  readonly caller: CallerOf<A>;
  readonly params: { readonly [Name in keyof P]: string };
  readonly query: z.output<Q>;
  readonly headers: z.output<H>;
  readonly body: z.output<B>;
}

export interface RouteSpec<
  A extends Access,
  P extends Parameters,
  Q extends z.ZodType,
  H extends z.ZodType,
  B extends z.ZodType,
  R extends Responses,
  Out extends Reply<R> | Answered,
> extends Inputs<Q, H, B> {
  readonly method: Method;
  /** As the router takes it, such as `/v1/rooms/:number`; every `:name` is one of `params`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Who may call it. */
  readonly access: A;
  readonly params?: P;
  /** The largest body, in bytes, where it is not the server's own limit. */
  readonly maxBodyBytes?: number;
  readonly responses: R;
  /** The statuses of the errors it may answer, beside those every route of its access and form has. */
  readonly errors?: readonly number[];
  /** A clearer error than the schema's complaints about a body, where there is one. */
  explain?(body: unknown): RoomlineError | undefined;
  handle(request: RouteRequest<A, P, Q, H, B>): Promise<Out> | Out;
}

/** A declared route: what validates its requests is what its documentation is made from. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly params: Parameters;
  readonly query?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly body?: z.ZodType;
  readonly responses: Responses;
  /** Every error status it may answer. */
  readonly errors: readonly number[];
  mount(router: Router, deps: RouteDeps): void;
}

export interface RouteDeps {
  readonly auth: Auth;
  readonly readBody: BodyReader;
}

/** Declares a route. */
export function route<
  const A extends Access,
  const R extends Responses,
  const P extends Parameters = Readonly<Record<never, PathParameter>>,
  Q extends z.ZodType = z.ZodUndefined,
  H extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  const Out extends Reply<R> | Answered = Reply<R>,
>(spec: RouteSpec<A, P, Q, H, B, R, Out>): Route {
  const { access, body, responses, query, headers } = spec;
  const params: Parameters = spec.params ?? {};

  async function respond(ctx: RouterContext, { auth, readBody }: RouteDeps): Promise<void> {
    const caller = await auth.admit(ctx, access);
    const reply: { status: number; body?: unknown } | Answered = await spec.handle({
      ctx,
      caller,
      params: readParams(ctx, params) as RouteRequest<A, P, Q, H, B>['params'],
      query: readAll(ctx.query, query) as z.output<Q>,
      headers: readAll(ctx.headers, headers) as z.output<H>,
      body: (body === undefined ? undefined : await readBody(ctx, body, spec)) as z.output<B>,
    });
    if ('answered' in reply) return;
    ctx.status = reply.status;
    const contentType = responses[reply.status]?.contentType;
    if (contentType !== undefined) ctx.type = contentType;
    if (reply.body !== undefined) ctx.body = reply.body;
  }

  const { method, path, tag, summary, description } = spec;
  return {
    ...{ method, path, tag, summary, description, access, params, query, headers, body, responses },
    errors: errorsOf(spec),
    mount(router, deps) {
      router[method](path, (ctx) => respond(ctx, deps));
    },
  };
}

/** The errors that follow from what a route asks for, and its own. */
function errorsOf(spec: {
  access: Access;
  params?: Parameters;
  query?: z.ZodType;
  headers?: z.ZodType;
  body?: z.ZodType;
  errors?: readonly number[];
}): readonly number[] {
  const params = Object.values(spec.params ?? {});
  const readsInput = [spec.query, spec.headers, spec.body].some((schema) => schema !== undefined);
  const errors = new Set([500, 503, ...(spec.errors ?? [])]);
  if (readsInput || params.some(({ missing }) => missing === undefined)) errors.add(400);
  if (params.some(({ missing }) => missing !== undefined)) errors.add(404);
  // 400: an API key must say for whom it acts. 403: the scope is missing.
  if (spec.access !== 'public') for (const status of [400, 401, 403]) errors.add(status);
  return [...errors].sort((a, b) => a - b);
}

function readParams(ctx: RouterContext, params: Parameters): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, { schema, missing }] of Object.entries(params)) {
    const text = ctx.params[name] ?? '';
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else if (missing === undefined) throw invalidRequest(result.error.issues, [name]);
    else throw new RoomlineError('not-found', `there is no ${name} ${shown(text)}`, { code: missing });
  }
  return values;
}

function readAll(values: unknown, schema: z.ZodType | undefined): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(values);
  if (!result.success) throw invalidRequest(result.error.issues);
  return result.data;
}

/** So much of a text from outside as an error needs, without what could spoil a terminal. */
function shown(text: string): string {
  return [...text.replace(/\p{C}/gu, '?')].slice(0, 32).join('');
}
