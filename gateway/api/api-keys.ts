import { z } from 'zod';
import { API_KEY_SCOPES, type ApiKey, type ApiKeys } from '../rooms/api-keys.js';
import { type Route, route } from './route.js';
import { idParameter, NO_CONTENT, textSchema, timeSchema } from './schemas.js';

const TAG = 'API keys';

const scopesSchema = z.array(z.enum(API_KEY_SCOPES));

const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: scopesSchema,
    createdAt: timeSchema,
    expiresAt: timeSchema.optional(),
    revokedAt: timeSchema.optional(),
  })
  .meta({ id: 'ApiKey' });

const newApiKeySchema = z
  .strictObject({
    name: textSchema(128).describe('What people call it, such as `billing server`.'),
    scopes: scopesSchema
      .min(1)
      .describe(
        '`requests`: ask for rooms; `rooms`: see and manage them; `directory`: users, groups and numbers; ' +
          '`admin`: administrators and API keys.',
      ),
    expiresAt: timeSchema.optional(),
  })
  .meta({ id: 'NewApiKey' });

export function apiKeyRoutes({ apiKeys }: { apiKeys: ApiKeys }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/api-keys',
      tag: TAG,
      summary: 'List the API keys',
      access: 'admin',
      responses: {
        200: { description: 'All, without the keys themselves.', body: z.object({ apiKeys: z.array(apiKeySchema) }) },
      },
      handle: async () => ({ status: 200, body: { apiKeys: (await apiKeys.list()).map(presentApiKey) } }),
    }),
    route({
      method: 'post',
      path: '/v1/api-keys',
      tag: TAG,
      summary: 'Make an API key for a server',
      access: 'admin',
      body: newApiKeySchema,
      responses: {
        201: {
          description: 'The key, for the one time it is shown.',
          body: z.object({ key: z.string(), apiKey: apiKeySchema }),
        },
      },
      async handle({ body: { name, scopes, expiresAt } }) {
        const made = await apiKeys.create({
          name,
          scopes,
          ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
        });
        return { status: 201, body: { key: made.key, apiKey: presentApiKey(made.apiKey) } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/api-keys/:id',
      tag: TAG,
      summary: 'Revoke an API key',
      access: 'admin',
      params: { id: idParameter('API key') },
      responses: NO_CONTENT,
      async handle({ params: { id } }) {
        await apiKeys.revoke(id);
        return { status: 204 };
      },
    }),
  ];
}

function presentApiKey({ id, name, scopes, createdAt, expiresAt, revokedAt }: ApiKey) {
  return {
    id,
    name,
    scopes: [...scopes],
    createdAt: createdAt.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(revokedAt === undefined ? {} : { revokedAt: revokedAt.toISOString() }),
  };
}
