import assert from 'node:assert/strict';
import { documentedPath, type OpenApiDocument } from '../../gateway/api/openapi.js';
import { VOICE_REQUEST_KINDS } from '../../gateway/rooms/voice-requests.js';
import { type ApiServer, startApiServer } from './api-server.js';

type Json = { readonly [key: string]: unknown };

describe('the API’s description', () => {
  let api: ApiServer;
  let document: OpenApiDocument;

  before(async function () {
    this.timeout(60_000);
    api = await startApiServer();
    document = (await api.request('/v1/openapi.json')).body as unknown as OpenApiDocument;
  });
  after(() => api.close());

  it('has every route that is answered, and no other', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const answered = api.routes.map(({ method, path }) => `${method} ${documentedPath(path)}`);
    assert.deepEqual(documented.sort(), answered.sort());
    assert.ok(answered.length > 30);
    assert.equal(new Set(answered).size, answered.length);
  });

  it('names every operation once, after its path', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const names = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(names).size, names.length, names.sort().join(' '));
    for (const name of names) assert.match(name, /^(get|post|put|patch|delete)([A-Z][a-z0-9]*)+$/);
    const nameOf = (method: string, path: string) => document.paths[path]?.[method]?.operationId;
    assert.equal(nameOf('post', '/v1/voice-requests'), 'postVoiceRequests');
    assert.equal(nameOf('get', '/v1/rooms/{number}'), 'getRoom');
    assert.equal(nameOf('delete', '/v1/rooms/{number}/invitations'), 'deleteRoomInvitations');
    assert.equal(nameOf('delete', '/v1/rooms/{number}/invitations/{id}'), 'deleteRoomInvitation');
  });

  it('is answered by a route for everything it has', async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const answer = await api.request(path.replaceAll(/\{[a-z]+\}/g, 'x'), { method: method.toUpperCase() });
        assert.notEqual(answer.status, 405, `${method} ${path}`);
        assert.notEqual(answer.body.error?.code, 'no-such-path', `${method} ${path}`);
      }
    }
  });

  it('is OpenAPI 3.1, and every reference in it leads somewhere', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.match(document.info.version, /^\d+\.\d+\.\d+/);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, target]) => target ?? '');
    assert.ok(references.length > 20);
    for (const target of references) {
      const name = /^#\/components\/schemas\/(.+)$/.exec(target)?.[1];
      assert.ok(name !== undefined && document.components.schemas[name] !== undefined, target);
    }
    assert.doesNotMatch(JSON.stringify(document), /\$defs/);
  });

  it('says for every route what it needs, what it answers, and which errors', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        assert.ok(operation.summary.length > 5, where);
        assert.ok(
          Object.keys(operation.responses).some((status) => status.startsWith('2')),
          where,
        );
        assert.ok(operation.responses['500'] !== undefined, where);
        const inPath = [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name);
        const parameters = operation.parameters.filter((parameter) => parameter.in === 'path');
        assert.deepEqual(
          parameters.map(({ name }) => name),
          inPath,
          where,
        );
        assert.equal(
          operation.responses['401'] !== undefined,
          operation.security.length > 0 || path === '/v1/login',
          where,
        );
        if (operation.requestBody !== undefined) assert.ok(operation.responses['400'] !== undefined, where);
      }
    }
  });

  it('describes a voice request as it is validated', () => {
    const operation = document.paths['/v1/voice-requests']?.post;
    assert.deepEqual(operation?.security, [{ bearer: ['requests'] }]);
    assert.deepEqual(
      operation?.parameters.map(({ name, in: place, required }) => [name, place, required]),
      [['idempotency-key', 'header', false]],
    );
    assert.deepEqual(operation?.requestBody?.content['application/json']?.schema, {
      $ref: '#/components/schemas/VoiceRequest',
    });
    const schema = document.components.schemas.VoiceRequest as unknown as {
      properties: Record<string, Json>;
      required: string[];
      additionalProperties: boolean;
    };
    assert.deepEqual(schema.required, ['kind']);
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(schema.properties.kind?.enum, [...VOICE_REQUEST_KINDS]);
    assert.deepEqual([schema.properties.team?.minLength, schema.properties.team?.maxLength], [1, 128]);
  });

  it('is a page to read too, that has every route, runs nothing, and loads nothing from elsewhere', async () => {
    const { status, headers, text } = await api.request('/v1/docs');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/html/);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'/);
    for (const path of Object.keys(document.paths)) assert.ok(text.includes(`<code>${path}</code>`), path);
    for (const name of Object.keys(document.components.schemas)) assert.ok(text.includes(`id="schema-${name}"`), name);
    assert.doesNotMatch(text, /<script|style=|https?:\/\//);
    const style = await api.request('/v1/docs.css');
    assert.deepEqual([style.status, style.headers.get('content-type')], [200, 'text/css; charset=utf-8']);
    const anchors = [...text.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    for (const id of anchors) assert.ok(text.includes(`id="${id}"`), id);
  });
});
