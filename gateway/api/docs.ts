import { z } from 'zod';
import { DOCS_STYLE, renderDocs } from './docs-page.js';
import type { OpenApiDocument } from './openapi.js';
import { type Route, route } from './route.js';

const TAG = 'Documentation';

/** @param describe describes all routes, these three among them. */
export function docsRoutes(describe: () => OpenApiDocument): Route[] {
  let document: OpenApiDocument | undefined;
  let page: string | undefined;
  const described = () => {
    document ??= describe();
    return document;
  };

  return [
    route({
      method: 'get',
      path: '/v1/openapi.json',
      tag: TAG,
      summary: 'This API, in OpenAPI 3.1',
      access: 'public',
      responses: { 200: { description: 'The document.', body: z.record(z.string(), z.unknown()) } },
      handle: () => ({ status: 200, body: { ...described() } }),
    }),
    route({
      method: 'get',
      path: '/v1/docs',
      tag: TAG,
      summary: 'This API, to read',
      access: 'public',
      responses: { 200: { description: 'A page.', body: z.string(), contentType: 'text/html' } },
      handle() {
        page ??= renderDocs(described());
        return { status: 200, body: page };
      },
    }),
    route({
      method: 'get',
      path: '/v1/docs.css',
      tag: TAG,
      summary: 'The looks of that page',
      access: 'public',
      responses: { 200: { description: 'A style sheet.', body: z.string(), contentType: 'text/css' } },
      handle: () => ({ status: 200, body: DOCS_STYLE }),
    }),
  ];
}
