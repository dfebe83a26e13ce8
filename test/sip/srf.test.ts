import assert from 'node:assert/strict';
import { RoomlineError } from '../../gateway/errors.js';
import { eventually, within } from '../support/eventually.js';
import { firstOf, incoming, LinkBench, message, OPTIONS, TARGET } from './admin-script.js';

describe('the link to a drachtio server', () => {
  let bench: LinkBench;

  beforeEach(async () => {
    bench = await LinkBench.open();
  });
  afterEach(() => bench.close());

  it('is refused with a wrong secret, at once', async () => {
    bench.script.secret = 'another';
    await assert.rejects(bench.link(), { kind: 'unavailable' });
    assert.equal(bench.script.connections, 1);
  });

  it('comes back after it was cut, and serves requests again', async () => {
    const linked = await bench.link();
    bench.script.cut();
    await eventually(
      'another link',
      () => [linked.linked, bench.script.connections],
      ([up, connections]) => up === true && connections === 2,
    );
    bench.script.send(incoming(message('OPTIONS')));
    assert.equal((await firstOf(bench.requests)).method, 'OPTIONS');
  });

  it('is cut by us when it is silent, and made anew', async () => {
    const linked = await bench.link({ pingIntervalMs: 30, pingTimeoutMs: 30 });
    bench.script.pongs = false;
    await eventually(
      'the loss to be noticed',
      () => linked.linked,
      (up) => !up,
    );
    bench.script.pongs = true;
    await eventually(
      'the link',
      () => linked.linked,
      (up) => up,
    );
  });

  it('fails what is pending when it is lost', async () => {
    const linked = await bench.link();
    const asked = linked.request(OPTIONS, 60_000);
    await eventually(
      'the OPTIONS',
      () => bench.script.frames.length,
      (count) => count === 1,
    );
    bench.script.cut();
    assert.deepEqual(await within('the answer', asked), { none: 'link-lost' });
    assert.deepEqual(await linked.request(OPTIONS, 60_000), { none: 'link-lost' });
  });

  it('sends a request where the contact came from, with a To of its own', async () => {
    const linked = await bench.link();
    for (const transport of ['udp', 'tcp', 'ws'] as const) {
      await linked.request({ ...OPTIONS, target: { ...TARGET, transport } }, 50);
    }
    await linked.request({ ...OPTIONS, target: { address: '2001:db8::1', port: 5060, transport: 'udp' } }, 50);
    await eventually(
      'all four',
      () => bench.script.frames.length,
      (count) => count === 4,
    );
    assert.deepEqual(
      bench.script.frames.map(({ fields }) => fields[3]),
      ['sip:10.0.0.1:5070', 'sip:10.0.0.1:5070;transport=tcp', undefined, 'sip:[2001:db8::1]:5060'],
    );
    const frame = await firstOf(bench.script.frames);
    assert.match(frame.message, /^OPTIONS sip:a@x\.invalid;transport=ws SIP\/2\.0\r\n/);
    assert.match(frame.message, /^to: <sip:a@x\.invalid>\r$/im);
  });

  const outcomes = [
    { status: 200, from: '10.0.0.1', answer: { status: 200 } },
    { status: 503, from: '10.0.0.1', answer: { status: 503 } },
    { status: 503, from: '', answer: { none: 'no-flow' } },
    { status: 410, from: '', answer: { none: 'no-flow' } },
    { status: 408, from: '', answer: { none: 'timeout' } },
    { status: 481, from: '10.0.0.1', answer: { status: 481 } },
  ] as const;
  for (const { status, from, answer } of outcomes) {
    it(`takes ${status} from ${from === '' ? 'the server itself' : 'the phone'} for ${JSON.stringify(answer)}`, async () => {
      const linked = await bench.link();
      bench.script.onSip = (frame) => {
        const sent = message('OPTIONS');
        bench.script.ok(frame, `application|1|udp|10.0.0.1|5070|0|out-1|Msg sent:|`, sent);
        const response = sent.replace(/^OPTIONS .*$/m, `SIP/2.0 ${status} x\r`).replace('\r\r', '\r');
        bench.script.send(`e|sip|network|1|udp|${from}|0|0|out-1||\r\n${response}`);
      };
      assert.deepEqual(await linked.request(OPTIONS, 5000), answer);
    });
  }

  it('takes a refusal by the server for nobody being there', async () => {
    const linked = await bench.link();
    bench.script.onSip = (frame) => bench.script.send(`r|response|${frame.id}|NOK|can not send request to myself`);
    assert.deepEqual(await linked.request(OPTIONS, 5000), { none: 'no-flow' });
  });

  it('tells WebSocket from TCP by the Via', async () => {
    await bench.link();
    bench.script.send(incoming(message('OPTIONS', { Via: 'SIP/2.0/WSS x.invalid;branch=z9hG4bK1' }), 'tcp'));
    assert.deepEqual((await firstOf(bench.requests)).source, TARGET);
  });

  it('refuses an INVITE without a usable Contact, before anything is answered', async () => {
    await bench.link();
    bench.script.onSip = (frame) =>
      bench.script.ok(frame, 'application|1|udp|10.0.0.1|5070|0|txn-1|||Msg sent:|', frame.message);
    for (const contact of ['', '*', '<sip:a@h>, <sip:b@h>']) {
      bench.script.frames.length = 0;
      bench.script.send(incoming(message('INVITE', { Contact: contact })));
      assert.match((await firstOf(bench.script.frames)).message, /^SIP\/2\.0 400 /, contact);
    }
    assert.equal(bench.invites.length, 0);
  });

  it('answers 503 when something we need is missing, 500 when something unforeseen fails', async () => {
    await bench.link();
    for (const [failure, reply] of [
      [
        new RoomlineError('unavailable', 'no database', { retryAfterSeconds: 3 }),
        /^SIP\/2\.0 503 .*\r\n(.*\r\n)*retry-after: 3\r/i,
      ],
      [new TypeError('oops'), /^SIP\/2\.0 500 /],
    ] as const) {
      bench.script.frames.length = 0;
      bench.onInvite = () => Promise.reject(failure);
      bench.script.send(incoming(message('INVITE')));
      assert.match((await firstOf(bench.script.frames)).message, reply);
    }
  });

  it('refuses control characters, and copies none of them into the refusal', async () => {
    await bench.link();
    bench.script.send(incoming(message('OPTIONS', { From: '<sip:alice@h>;tag=f1\nX-Evil: yes' })));
    const { message: refusal } = await firstOf(bench.script.frames);
    assert.match(refusal, /^SIP\/2\.0 400 Control Character In Header\r\n/);
    assert.doesNotMatch(refusal, /\nX-Evil/);
    assert.equal(bench.requests.length, 0);
  });
});
