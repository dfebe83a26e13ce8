import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Api, createApi } from '../../web-softphone/phone/api.js';
import { ProblemError } from '../../web-softphone/phone/problem.js';
import { ReconnectPolicy } from '../../web-softphone/phone/reconnect-policy.js';
import type { RoomEvent } from '../../web-softphone/phone/room-view.js';
import { RoomWatch } from '../../web-softphone/phone/room-watch.js';
import { eventually } from '../support/eventually.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('talking to the gateway', () => {
  let server: Server;
  let answer: Answer;
  let requests: IncomingMessage[];
  let unauthorized: number;
  let token: string | undefined;
  let api: Api;

  beforeEach(async () => {
    requests = [];
    unauthorized = 0;
    token = 'the-token';
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    api = createApi({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: () => token,
      onUnauthorized: () => {
        unauthorized += 1;
      },
    });
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };

  const problemOfCall = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ProblemError);
    return error.problem;
  };

  it('sends the token in a header, never in the address', async () => {
    answer = json(200, { name: 'alice', displayName: 'Alice', groups: [] });
    await api.me();
    assert.equal(requests[0]?.headers.authorization, 'Bearer the-token');
    assert.equal(requests[0]?.url, '/v1/me');
  });

  it('tells a wrong password from an expired login', async () => {
    answer = json(401, { error: { code: 'unauthenticated', message: 'no' } });
    token = undefined;
    assert.equal((await problemOfCall(api.login('alice', 'x'))).code, 'wrong-password');
    assert.equal(unauthorized, 0);
    token = 'old';
    assert.equal((await problemOfCall(api.me())).code, 'session-expired');
    assert.equal(unauthorized, 1);
  });

  it('reports what a server said, and when to try again', async () => {
    answer = json(503, { error: { code: 'draining', message: 'stopping' } }, { 'retry-after': '10' });
    assert.deepEqual(await problemOfCall(api.requestVoice({ kind: 'voice-communication', group: 'engineering' })), {
      code: 'unavailable',
      detail: 'stopping',
      retryAfterSeconds: 10,
    });
  });

  it('reports a server that is not there, and one that talks nonsense', async () => {
    answer = (_, response) => response.writeHead(200).end('<html>');
    assert.equal((await problemOfCall(api.me())).code, 'server-error');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.equal((await problemOfCall(api.me())).code, 'unreachable');
  });

  describe('and watching a room', () => {
    let watch: RoomWatch;
    let running: Promise<void>;
    let events: RoomEvent[];
    let live: boolean[];

    function start(): void {
      events = [];
      live = [];
      watch = new RoomWatch({
        api,
        room: '2000',
        onEvent: (event) => events.push(event),
        onLive: (now) => live.push(now),
        policy: new ReconnectPolicy({ firstMs: 1, maxMs: 5 }),
      });
      running = watch.run();
    }

    afterEach(async () => {
      watch.stop();
      await running;
    });

    const SNAPSHOT = 'event: room\ndata: {"participants":[]}\n\n';

    it('begins with a snapshot and comes back after each loss', async () => {
      answer = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(SNAPSHOT);
        if (requests.length < 3) response.end();
      };
      start();
      await eventually(
        'three snapshots',
        () => events.length,
        (count) => count === 3,
      );
      assert.deepEqual(live, [true, false, true, false, true]);
      assert.equal(requests[2]?.url, '/v1/rooms/2000/events');
      assert.equal(requests[2]?.headers.authorization, 'Bearer the-token');
    });

    it('keeps trying while the gateway refuses', async () => {
      answer = (request, response) => {
        if (requests.length < 4) json(503, {})(request, response);
        else response.writeHead(200).write(SNAPSHOT);
      };
      start();
      await eventually(
        'a snapshot',
        () => events.length,
        (count) => count === 1,
      );
      assert.equal(requests.length, 4);
    });

    it('closes the stream when it is stopped', async () => {
      let closed = false;
      answer = (request, response) => {
        request.on('close', () => {
          closed = true;
        });
        response.writeHead(200).write(SNAPSHOT);
      };
      start();
      await eventually(
        'a snapshot',
        () => events.length,
        (count) => count === 1,
      );
      watch.stop();
      await running;
      await eventually('the stream to be closed', () => closed, Boolean);
    });
  });
});
