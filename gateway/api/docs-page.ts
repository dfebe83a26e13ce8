import type { OpenApiDocument, OpenApiOperation } from './openapi.js';

/** The API's description as a page that needs no script. */
export function renderDocs(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    const articles = own.map(({ path, method, operation }) => renderOperation(path, method, operation)).join('');
    return `<section id="${anchor(name)}"><h2>${text(name)}</h2>${articles}</section>`;
  });
  const menu = document.tags.map(({ name }) => `<a href="#${anchor(name)}">${text(name)}</a>`).join(' ');
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `<article id="schema-${text(name)}"><h3>${text(name)}</h3>${renderSchema(schema)}</article>`,
  );
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${text(document.info.title)} API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="docs.css"></head><body>`,
    `<header><h1>${text(document.info.title)} API</h1><p>${text(document.info.description)}</p>`,
    '<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>',
    `<nav>${menu} <a href="#schemas">Schemas</a></nav></header><main>`,
    ...sections,
    `<section id="schemas"><h2>Schemas</h2>${schemas.join('')}</section>`,
    '</main></body></html>',
  ].join('\n');
}

function renderOperation(path: string, method: string, operation: OpenApiOperation): string {
  const { summary, description, security, parameters, requestBody, responses } = operation;
  const scopes = security.flatMap((one) => (Array.isArray(one.bearer) ? one.bearer : []));
  const access = security.length === 0 ? 'no token' : scopes.length === 0 ? 'token' : `scope ${scopes.join(', ')}`;
  const rows = parameters.map(
    ({ name, in: place, required, description: about, schema }) =>
      `<tr><td><code>${text(name)}</code></td><td>${place}${required ? '' : ', optional'}</td><td>${text(about ?? String(schema.description ?? ''))}</td></tr>`,
  );
  const answers = Object.entries(responses).map(
    ([status, { description: about, content = {} }]) =>
      `<tr><td>${status}</td><td>${text(about)}</td><td>${Object.values(content)
        .map(({ schema }) => typeOf(schema))
        .join()}</td></tr>`,
  );
  return [
    `<article><h3><span class="method ${method}">${method.toUpperCase()}</span> <code>${text(path)}</code></h3>`,
    `<p><strong>${text(summary)}</strong> <span class="access">${access}</span></p>`,
    description === undefined ? '' : `<p>${text(description)}</p>`,
    rows.length === 0 ? '' : `<table>${rows.join('')}</table>`,
    requestBody === undefined
      ? ''
      : `<h4>Body${requestBody.required ? '' : ', optional'}</h4>${renderSchema(requestBody.content['application/json']?.schema ?? {})}`,
    `<h4>Answers</h4><table>${answers.join('')}</table></article>`,
  ].join('');
}

interface SchemaShape {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaShape[];
  readonly items?: SchemaShape;
  readonly properties?: Readonly<Record<string, SchemaShape>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly format?: string;
}

function renderSchema(schema: SchemaShape): string {
  const { properties, required = [], description } = schema;
  if (properties === undefined) return `<p>${typeOf(schema)}</p>`;
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      `<tr><td><code>${text(name)}</code></td><td>${typeOf(property)}${required.includes(name) ? '' : ', optional'}</td><td>${text(property.description ?? '')}</td></tr>`,
  );
  return `${description === undefined ? '' : `<p>${text(description)}</p>`}<table>${rows.join('')}</table>`;
}

function typeOf(schema: SchemaShape): string {
  const { $ref, anyOf, items, type, format, properties } = schema;
  if ($ref !== undefined) {
    const name = text($ref.slice($ref.lastIndexOf('/') + 1));
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (schema.const !== undefined) return `<code>${text(String(schema.const))}</code>`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `<code>${text(String(value))}</code>`).join(' ');
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (properties !== undefined) {
    return `{ ${Object.entries(properties)
      .map(([name, property]) => `${text(name)}: ${typeOf(property)}`)
      .join(', ')} }`;
  }
  return text(format ?? type ?? 'anything');
}

function anchor(name: string): string {
  return text(name.toLowerCase().replaceAll(' ', '-'));
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; }
article { border-top: 1px solid var(--line); padding: .5rem 0 1rem; }
h3 { margin: .5rem 0; }
h4 { margin: .75rem 0 .25rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
code, .method { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.method { border: 1px solid var(--line); border-radius: .25rem; font-size: .8em; padding: .1rem .4rem; }
.access { font-size: .85em; opacity: .75; }
`;
