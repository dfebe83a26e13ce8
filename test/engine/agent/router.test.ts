import assert from 'node:assert/strict';
import { type Lookup, type Route, Router } from '../../../gateway/engine/agent/router.js';
import { Flows } from '../../../gateway/engine/flows.js';
import { Transport } from '../../../gateway/engine/transport/transport.js';
import { FakeClock } from '../fake-clock.js';

describe('finding the next hop', () => {
  const clock = new FakeClock();
  const asked: string[] = [];
  let answer: string | undefined;
  let transport: Transport;
  let router: Router;

  const lookup: Lookup = (host, _family, found) => {
    asked.push(host);
    found(answer);
  };

  beforeEach(async () => {
    asked.length = 0;
    const silent = { receive: () => undefined, trouble: () => undefined };
    transport = await Transport.open({ host: '0.0.0.0', advertise: '192.0.2.7', port: 0, clock, ...silent });
    router = new Router({ transport, flows: new Flows(clock), clock, lookup });
  });

  afterEach(() => transport.close());

  function routeOf(uri: string, routeUrl?: string): Route | undefined {
    let found: Route | undefined;
    router.forRequest(uri, routeUrl, (route) => {
      found = route;
    });
    return found;
  }

  const hop = (address: string, port: number): Route => ({
    kind: 'hop',
    hop: { protocol: 'UDP', address, port, connection: undefined },
  });

  it('takes addresses as they are, with 5060 where no port is said', () => {
    assert.deepEqual(routeOf('sip:a@192.0.2.1'), hop('192.0.2.1', 5060));
    assert.deepEqual(routeOf('sip:a@far.example', 'sip:192.0.2.2:5070;lr'), hop('192.0.2.2', 5070));
    assert.deepEqual(asked, []);
  });

  it('looks names up, and remembers them for a while', () => {
    answer = '192.0.2.3';
    assert.deepEqual(routeOf('sip:a@trunk.example:5080'), hop('192.0.2.3', 5080));
    answer = '192.0.2.4';
    assert.deepEqual(routeOf('sip:a@trunk.example:5080'), hop('192.0.2.3', 5080));
    clock.advance(30_000);
    assert.deepEqual(routeOf('sip:a@trunk.example:5080'), hop('192.0.2.4', 5080));
    assert.deepEqual(asked, ['trunk.example', 'trunk.example']);
  });

  it('fails with 503 for a name nobody knows, and never asks for .invalid', () => {
    answer = undefined;
    const failed = { kind: 'failed', status: 503, reason: 'DNS Error' };
    assert.deepEqual(routeOf('sip:a@nowhere.example'), failed);
    assert.deepEqual(routeOf('sip:a@nowhere.invalid'), failed);
    assert.deepEqual(asked, ['nowhere.example']);
  });

  it('refuses every way back to ourselves', () => {
    const { port } = transport.local;
    answer = '127.0.0.1';
    for (const host of ['192.0.2.7', '127.0.0.1', '127.1.2.3', 'me.example']) {
      assert.deepEqual(routeOf(`sip:a@${host}:${port}`), { kind: 'refused', text: 'can not send request to myself' });
    }
  });

  it('refuses what is no SIP address', () => {
    assert.equal(routeOf('tel:+123')?.kind, 'refused');
    assert.equal(routeOf('sip:a@b:99999')?.kind, 'refused');
    assert.deepEqual(routeOf('tel:+123', 'sip:192.0.2.9'), hop('192.0.2.9', 5060));
  });
});
