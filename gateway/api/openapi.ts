import { z } from 'zod';
import { type Access, USER_HEADER } from './auth.js';
import type { Route } from './route.js';
import { errorSchema } from './schemas.js';

type Json = { [key: string]: unknown };

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Json[];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Json }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { title: string; version: string; description: string };
  readonly tags: readonly { name: string }[];
  /** By path, then by method in lower case. */
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
  readonly components: { schemas: Record<string, Json>; securitySchemes: Json };
}

const ERROR_WORDS: Record<number, string> = {
  400: 'The request is malformed, or cannot be meant as it is.',
  401: 'No token, or one that is not good.',
  403: 'Not for you.',
  404: 'There is no such thing.',
  409: 'It contradicts what is there.',
  429: 'Too many tries; Retry-After says when the next is heard.',
  500: 'Something went wrong here.',
  503: 'Not now; Retry-After says when to ask again.',
};

const DESCRIPTION =
  'A voice room with a number for every group, team and person. Ask for a room with POST /v1/voice-requests: the ' +
  'number can be dialled at the moment it is returned.';

/** Describes the routes in OpenAPI 3.1, from the very schemas that validate them. */
export function describeRoutes(routes: readonly Route[], version: string): OpenApiDocument {
  const schemas = new SchemaBook();
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const path = documentedPath(route.path);
    paths[path] = { ...paths[path], [route.method]: describe(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Roomline', version, description: DESCRIPTION },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.named,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A login token, a token of the host application, or an API key (rl_...). A server with an API key names ' +
            `the user it acts for in the header ${USER_HEADER}.`,
        },
      },
    },
  };
}

/** `/v1/rooms/:number` as OpenAPI writes it: `/v1/rooms/{number}`. */
export function documentedPath(path: string): string {
  return path.replace(/:([a-z]+)/gi, '{$1}');
}

/** `DELETE /v1/rooms/:number/invitations/:id` is `deleteRoomInvitation`: what has a parameter behind it is one. */
function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== 'v1');
  const words = parts.flatMap((part, index) => {
    if (part.startsWith(':')) return [];
    const isOne = parts[index + 1]?.startsWith(':') === true;
    return (isOne ? part.replace(/s$/, '') : part).split(/[^a-z0-9]+/i);
  });
  return [method, ...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)].join('');
}

/** Turns schemas into JSON Schema (draft 2020-12, as OpenAPI 3.1 wants); those with an id are written once. */
class SchemaBook {
  readonly named: Record<string, Json> = {};

  add(schema: z.ZodType): Json {
    // Inside another schema one with an id becomes a reference, which it does not on its own.
    const { $defs = {}, properties = {} } = z.toJSONSchema(z.object({ schema }), { io: 'input' }) as {
      $defs?: Record<string, Json>;
      properties?: Record<string, Json>;
    };
    for (const [name, definition] of Object.entries($defs)) this.named[name] = rewrite(definition) as Json;
    return rewrite(properties.schema ?? {}) as Json;
  }
}

function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    // Said by the format already.
    .filter(([key]) => key !== 'id' && !(key === 'pattern' && 'format' in value))
    .map(([key, child]) => [
      key,
      key === '$ref' ? String(child).replace('#/$defs/', '#/components/schemas/') : rewrite(child),
    ]);
  return Object.fromEntries(entries);
}

function describe(route: Route, schemas: SchemaBook): OpenApiOperation {
  const { tag, summary, description, access, body } = route;
  return {
    operationId: operationIdOf(route),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(access),
    parameters: [...pathParameters(route, schemas), ...valueParameters(route, schemas)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: schemas.add(body) } },
          },
        }),
    responses: responsesOf(route, schemas),
  };
}

function securityOf(access: Access): Json[] {
  if (access === 'public') return [];
  if (access === 'here') return [{}, { bearer: [] }];
  return [{ bearer: access === 'token' || access === 'user' ? [] : [access] }];
}

function pathParameters(route: Route, schemas: SchemaBook): OpenApiParameter[] {
  return Object.entries(route.params).map(([name, { schema, description }]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: schemas.add(schema),
  }));
}

function valueParameters(route: Route, schemas: SchemaBook): OpenApiParameter[] {
  return (['query', 'header'] as const).flatMap((place) => {
    const values = place === 'query' ? route.query : route.headers;
    if (values === undefined) return [];
    const { properties = {}, required = [] } = schemas.add(values) as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      in: place,
      required: required.includes(name),
      schema,
    }));
  });
}

function responsesOf(route: Route, schemas: SchemaBook): OpenApiOperation['responses'] {
  const responses: OpenApiOperation['responses'] = {};
  for (const [status, { description, body, contentType = 'application/json' }] of Object.entries(route.responses)) {
    responses[status] = {
      description,
      ...(body === undefined ? {} : { content: { [contentType]: { schema: schemas.add(body) } } }),
    };
  }
  const error = schemas.add(errorSchema);
  for (const status of route.errors) {
    if (responses[status] !== undefined) continue;
    responses[status] = {
      description: ERROR_WORDS[status] ?? 'An error.',
      content: { 'application/json': { schema: error } },
    };
  }
  return responses;
}
