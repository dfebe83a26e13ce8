import assert from 'node:assert/strict';
import { mock } from 'node:test';
import pino from 'pino';
import type { FinalResponse, OutgoingRequest, SipServer } from '../../../gateway/sip/sip-server.js';
import { TrunkRegistration } from '../../../gateway/sip/trunk/registration.js';
import type { Trunk } from '../../../gateway/sip/trunk/trunk.js';
import { settle } from '../fakes.js';
import { oneTrunk } from './trunk-settings.js';

type Answer = Awaited<ReturnType<SipServer['ask']>>;

const CHALLENGE = { 'www-authenticate': 'Digest realm="city", nonce="n1", qop="auth"' };
const OURS = '<sip:roomline@192.0.2.1:5060>';

function answer(status: number, headers: Readonly<Record<string, string>> = {}): FinalResponse {
  return { status, header: (name) => headers[name] };
}

function cseq({ headers }: OutgoingRequest): number {
  return Number.parseInt(headers?.CSeq ?? '', 10);
}

describe('the registration at a trunk', () => {
  let trunk: Trunk;
  let registration: TrunkRegistration;
  let requests: OutgoingRequest[];
  let answers: (Answer | Promise<Answer>)[];
  let lines: { level: number; msg: string; why?: string }[];
  let linked: boolean;
  let active: boolean;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    requests = [];
    answers = [];
    lines = [];
    linked = true;
    active = true;
    make({});
  });
  afterEach(() => mock.timers.reset());

  function make(settings: object): void {
    trunk = oneTrunk({ register: true, username: 'roomline', password: 'secret', ...settings });
    registration = new TrunkRegistration({
      trunk,
      contactAddress: '192.0.2.1:5060',
      active: () => active,
      // No part of a time is left to chance.
      random: () => 0,
      log: pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
      server: {
        get linked() {
          return linked;
        },
        ask: async (request) => {
          requests.push(request);
          return answers.shift() ?? { none: 'timeout' };
        },
      },
    });
  }

  /** Lets so many seconds go by, and all that follows from it happen. */
  async function pass(seconds: number): Promise<void> {
    mock.timers.tick(seconds * 1000);
    await settle();
  }

  async function started(...first: Answer[]): Promise<void> {
    answers.push(...first);
    registration.start();
    await pass(0);
  }

  it('asks for it, answers the challenge, and keeps Call-ID, From tag and the order of its requests', async () => {
    await started(answer(401, CHALLENGE), answer(200, { contact: `${OURS};expires=600` }));
    const [first, second] = requests;
    assert.ok(first !== undefined && second !== undefined && requests.length === 2);
    assert.equal(first.method, 'REGISTER');
    assert.deepEqual([first.uri, first.to], ['sip:sip.example.com', 'sip:roomline@sip.example.com']);
    assert.deepEqual(first.target, { address: 'sip.example.com', port: 5060, transport: 'udp' });
    assert.deepEqual([first.headers?.Contact, first.headers?.Expires], [OURS, '600']);
    assert.match(first.headers?.From ?? '', /^<sip:roomline@sip\.example\.com>;tag=\w+$/);
    assert.equal(first.headers?.Authorization, undefined);
    assert.match(
      second.headers?.Authorization ?? '',
      /^Digest username="roomline", realm="city", nonce="n1", uri="sip:sip\.example\.com"/,
    );
    assert.equal(second.headers?.['Call-ID'], first.headers?.['Call-ID']);
    assert.equal(second.headers?.From, first.headers?.From);
    assert.equal(cseq(second), cseq(first) + 1);
    assert.equal(trunk.ready(), true);
  });

  it('is renewed before it expires, with the credentials at once, and said to be there once', async () => {
    await started(answer(401, CHALLENGE), answer(200, { contact: `${OURS};expires=600` }));
    await pass(419);
    assert.equal(requests.length, 2);
    answers.push(answer(200, { expires: '100' }));
    await pass(1);
    assert.equal(requests.length, 3);
    assert.match(requests[2]?.headers?.Authorization ?? '', /nc=00000002/);
    answers.push(
      answer(401, { 'www-authenticate': 'Digest realm="city", nonce="n2", qop="auth", stale=true' }),
      answer(200),
    );
    await pass(70);
    assert.equal(requests.length, 5);
    assert.match(requests[4]?.headers?.Authorization ?? '', /nonce="n2".*nc=00000001/);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['registered at a trunk'],
    );
  });

  it('counts the time said of our contact, among those of others', async () => {
    await started(answer(200, { contact: `<sip:other@192.0.2.9>;expires=3600, ${OURS};expires=60`, expires: '3600' }));
    answers.push(answer(200));
    await pass(42);
    assert.equal(requests.length, 2);
  });

  it('asks for longer where the trunk wants that', async () => {
    await started(answer(423, { 'min-expires': '1800' }), answer(200));
    assert.deepEqual(
      requests.map(({ headers }) => headers?.Expires),
      ['600', '1800'],
    );
    assert.equal(trunk.registered, true);
  });

  it('waits longer each time it is refused, and says why once', async () => {
    await started(answer(403));
    assert.equal(trunk.ready(), false);
    for (const [index, pauseSeconds] of [60, 120, 240].entries()) {
      answers.push(answer(403));
      await pass(pauseSeconds - 1);
      assert.equal(requests.length, index + 1);
      await pass(1);
      assert.equal(requests.length, index + 2);
    }
    assert.deepEqual(
      lines.map(({ msg, why }) => [msg, why]),
      [['not registered at a trunk', '403']],
    );
    answers.push(answer(200));
    await pass(480);
    assert.equal(trunk.registered, true);
    assert.equal(lines.at(-1)?.msg, 'registered at a trunk');
  });

  it('takes a wrong password for a refusal, and never sends it a second time at once', async () => {
    await started(answer(401, CHALLENGE), answer(401, CHALLENGE), answer(200));
    assert.equal(requests.length, 2);
    assert.equal(trunk.registered, false);
    await pass(59);
    assert.equal(requests.length, 2);
  });

  it('waits as long as it is told to, within reason, and no longer than half an hour by itself', async () => {
    await started(answer(503, { 'retry-after': '100' }));
    await pass(99);
    assert.equal(requests.length, 1);
    answers.push(answer(503, { 'retry-after': '999999' }), answer(200));
    await pass(1);
    assert.equal(requests.length, 2);
    await pass(3600);
    assert.equal(requests.length, 3);
  });

  it('outlives a trunk that does not answer in time, until it expires', async () => {
    await started(answer(200, { expires: '600' }));
    await pass(420);
    assert.deepEqual([requests.length, trunk.registered], [2, true]);
    await pass(5);
    assert.deepEqual([requests.length, trunk.registered], [3, true]);
    await pass(175);
    assert.equal(trunk.registered, false);
    const { msg, why } = lines.at(-1) ?? {};
    assert.deepEqual([msg, why], ['a registration at a trunk is lost', 'expired']);
  });

  it('is lost at once when its renewal is refused', async () => {
    await started(answer(200, { expires: '600' }));
    answers.push(answer(403));
    await pass(420);
    assert.equal(trunk.registered, false);
  });

  it('is not asked for while the engine is not there, or another gateway takes the calls', async () => {
    linked = false;
    active = false;
    await started();
    await pass(60);
    assert.equal(requests.length, 0);
    linked = true;
    await pass(2);
    assert.equal(requests.length, 0);
    active = true;
    answers.push(answer(200));
    await pass(2);
    assert.equal(trunk.registered, true);
  });

  it('is taken back when another gateway takes the calls, and asked for again when none does', async () => {
    await started(answer(200));
    active = false;
    answers.push(answer(200));
    await pass(2);
    await pass(0);
    assert.deepEqual(
      requests.map(({ headers }) => headers?.Expires),
      ['600', '0'],
    );
    assert.equal(trunk.registered, false);
    active = true;
    answers.push(answer(200));
    await pass(2);
    assert.equal(trunk.registered, true);
  });

  it('is taken back when we stop, with the credentials, and nothing follows', async () => {
    await started(answer(401, CHALLENGE), answer(200));
    answers.push(answer(200));
    await registration.stop();
    assert.equal(requests.length, 3);
    const last = requests[2];
    assert.deepEqual([last?.headers?.Expires, last?.headers?.Contact], ['0', OURS]);
    assert.match(last?.headers?.Authorization ?? '', /nc=00000002/);
    assert.equal(trunk.registered, false);
    await pass(3600);
    assert.equal(requests.length, 3);
  });

  it('is not taken back where there was none', async () => {
    active = false;
    await started();
    await registration.stop();
    assert.equal(requests.length, 0);
  });

  it('is given up when we stop while it is asked for, and taken back by a later request', async () => {
    let say: (answer: Answer) => void = () => undefined;
    answers.push(new Promise<Answer>((resolve) => (say = resolve)));
    registration.start();
    await pass(0);
    answers.push(answer(200));
    await registration.stop();
    say(answer(200, { expires: '600' }));
    await pass(3600);
    assert.deepEqual(
      requests.map(({ headers }) => headers?.Expires),
      ['600', '0'],
    );
    assert.ok(cseq(requests[1] as OutgoingRequest) > cseq(requests[0] as OutgoingRequest));
    assert.equal(trunk.registered, false);
  });

  it('names a contact over TCP where the trunk is reached so, its user name escaped', async () => {
    make({ transport: 'tcp', username: 'room@line', outboundProxy: 'proxy.example.com:5070' });
    await started(answer(200));
    assert.equal(requests[0]?.headers?.Contact, '<sip:room%40line@192.0.2.1:5060;transport=tcp>');
    assert.equal(requests[0]?.uri, 'sip:sip.example.com;transport=tcp');
    assert.deepEqual(requests[0]?.target, { address: 'proxy.example.com', port: 5070, transport: 'tcp' });
  });
});
