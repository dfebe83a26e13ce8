import assert from 'node:assert/strict';
import { type Engine, startEngine } from '../../gateway/engine/index.js';
import { Caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import { silentLog } from '../support/silent-log.js';

const TONES = [700, 1300];

describe('a gateway whose SIP is spoken by another process’s engine', function () {
  this.timeout(120_000);
  const secret = 'a secret of this test';
  let adminPort: number;
  let sipPort: number;
  let engine: Engine;
  let gateway: TestGateway;
  let number: string;
  const callers: Caller[] = [];

  const start = () =>
    startEngine({ host: '127.0.0.1', port: sipPort, secret: secret.replaceAll(' ', '-'), adminPort, log: silentLog });
  const enter = async (user: string, frequencyHz: number) => {
    const caller = await Caller.enter(number, { server: gateway.sip, user, rtp: { frequencyHz } });
    callers.push(caller);
    return caller;
  };
  const readiness = async () => (await fetch(`${gateway.httpUrl}/readyz`)).status;

  before(async () => {
    [adminPort, sipPort] = [await freePort(), await freePort()];
    engine = await start();
    gateway = await TestGateway.start({
      ROOMLINE_DRACHTIO: `127.0.0.1:${adminPort}:${secret.replaceAll(' ', '-')}`,
      ROOMLINE_SIP_PORT: String(sipPort),
    });
    number = await gateway.api.roomNumber('alice', 'engineering');
  });
  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.close();
    await gateway.holdsNothing();
  });
  after(async () => {
    await gateway?.stop();
    await engine?.close();
  });

  it('registers phones and lets them talk in a room', async () => {
    const [alice, bob] = [await enter('alice', 700), await enter('bob', 1300)];
    assert.equal((await bob.phone.register()).status, 200);
    await hearsExactly('alice', alice.rtp, [1300], TONES);
    await hearsExactly('bob', bob.rtp, [700], TONES);
    assert.equal((await bob.phone.register({ contact: '*', expires: 0 })).status, 200);
  });

  it('hangs up over the API', async () => {
    const alice = await enter('alice', 700);
    const [participant] = (await gateway.api.room('alice', number)).participants;
    await gateway.api.request('alice', 'DELETE', `/v1/rooms/${number}/participants/${participant?.id}`);
    await alice.call.awaitBye();
  });

  it('is not ready while the engine is gone, and takes calls again when it is back', async () => {
    await enter('alice', 700);
    await engine.close();
    await eventually('the gateway not to be ready', readiness, (status) => status === 503);
    engine = await start();
    await eventually('the gateway to be ready again', readiness, (status) => status === 200, 20_000);
    for (const caller of callers.splice(0)) await caller.vanish();
    const [carol, dave] = [await enter('carol', 700), await enter('dave', 1300)];
    await hearsExactly('carol', carol.rtp, [1300], TONES);
    await hearsExactly('dave', dave.rtp, [700], TONES);
  });
});
