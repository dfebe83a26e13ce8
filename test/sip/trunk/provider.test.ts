import assert from 'node:assert/strict';
import { type Engine, startEngine } from '../../../gateway/engine/index.js';
import { expectedResponse, hashSecret, parseCredentials } from '../../../gateway/sip/digest-credentials.js';
import type { CallOutcome, DialogListener, OutgoingCall, SipServer } from '../../../gateway/sip/sip-server.js';
import { connectSrf } from '../../../gateway/sip/srf/server.js';
import { createOutsideCalling } from '../../../gateway/sip/trunk/outside-calling.js';
import { TrunkRegistration } from '../../../gateway/sip/trunk/registration.js';
import type { Trunk } from '../../../gateway/sip/trunk/trunk.js';
import { eventually, within } from '../../support/eventually.js';
import { phoneSdp } from '../../support/sdp.js';
import { silentLog } from '../../support/silent-log.js';
import type { SipMessage } from '../../support/sip-message.js';
import { SippProvider, type SippProviderOptions } from '../../support/sipp-provider.js';
import { ROOM, user } from '../fakes.js';
import { oneTrunk, outsideCalls } from './trunk-settings.js';

const BERLIN = '+4930123456';
const ACCOUNT = { username: 'roomline', authUsername: 'line-7', password: 'sec"ret' };
const NOBODY: DialogListener = { ended: () => undefined, acknowledged: () => undefined, requested: () => undefined };

/** Whether a request of ours shows that it knows the password, and how often its nonce was used. */
function proven(request: SipMessage, name: 'Authorization' | 'Proxy-Authorization', realm: string): string {
  const sent = parseCredentials(request.header(name), realm);
  assert.ok(sent !== undefined, `no credentials for ${realm} in ${request.startLine}`);
  assert.equal(sent.uri, request.requestUri);
  const ha1 = hashSecret(sent.algorithm, ACCOUNT.authUsername, realm, ACCOUNT.password);
  assert.equal(sent.response, expectedResponse(ha1, request.method, sent));
  return `${sent.nonce} ${sent.algorithm} ${Number.parseInt(sent.nc, 16)}`;
}

describe('a trunk with sipp as its provider', function () {
  this.timeout(60_000);
  let engine: Engine;
  let server: SipServer;
  let provider: SippProvider | undefined;

  beforeEach(async () => {
    engine = await startEngine({ host: '127.0.0.1', port: 0, secret: 'shared', log: silentLog });
    server = await connectSrf({
      host: '127.0.0.1',
      port: engine.adminPort,
      secret: 'shared',
      log: silentLog,
      handlers: { invite: async () => undefined, request: async () => undefined },
    });
  });
  afterEach(async () => {
    await provider?.stop();
    await server.close();
    await engine.close();
  });

  async function provide(options: SippProviderOptions, settings: object = ACCOUNT): Promise<Trunk> {
    provider = await SippProvider.start(options);
    return oneTrunk({ host: provider.host, port: provider.port, transport: options.transport ?? 'udp', ...settings });
  }

  async function place(trunk: Trunk, tel = BERLIN): Promise<OutgoingCall> {
    const all = [trunk];
    const calling = createOutsideCalling({ calls: outsideCalls(all), trunks: all, host: '192.0.2.1', log: silentLog });
    const placed = await calling.place(tel, { room: ROOM, inviter: user('alice'), callerName: 'Alice' });
    assert.ok(!('refused' in placed), 'refused');
    return server.call({ ...placed.invite, sdp: phoneSdp({ port: 40_000 }) }, 20_000, NOBODY);
  }

  async function call(trunk: Trunk): Promise<CallOutcome> {
    return within('the outcome', (await place(trunk)).outcome, 20_000);
  }

  for (const transport of ['udp', 'tcp'] as const) {
    it(`is called over ${transport}, and told the password when its proxy and it ask for it, at the end too`, async () => {
      const settings = {
        ...ACCOUNT,
        dial: '0{national}',
        countryCode: '49',
        callerId: '+4930555000',
        assertIdentity: true,
      };
      const trunk = await provide({ scenario: 'provider-challenges', transport }, settings);
      const outcome = await call(trunk);
      assert.ok('dialog' in outcome, JSON.stringify(outcome));
      await outcome.dialog.bye(10_000);
      await provider?.finished();

      const received = provider?.received() ?? [];
      assert.deepEqual(
        received.map(({ method }) => method),
        ['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK', 'BYE', 'BYE'],
      );
      const [first, , second, , third, ack, bye, again] = received as [SipMessage, ...SipMessage[]];
      const uri = `sip:030123456@127.0.0.1:${provider?.port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
      assert.equal(first.requestUri, uri);
      assert.equal(first.header('To'), '<sip:030123456@127.0.0.1>');
      assert.match(first.header('From'), /^"Alice" <sip:\+4930555000@127\.0\.0\.1>;tag=/);
      assert.equal(first.header('P-Asserted-Identity'), '"Alice" <sip:+4930555000@127.0.0.1>');
      assert.equal(first.header('Authorization') + first.header('Proxy-Authorization'), '');
      assert.ok(second && third && ack && bye && again);
      assert.deepEqual([second.callId, third.callId], [first.callId, first.callId]);
      assert.deepEqual([second.fromTag, third.fromTag], [first.fromTag, first.fromTag]);
      assert.deepEqual([second.cseq, third.cseq], [first.cseq + 1, first.cseq + 2]);
      assert.equal(proven(second, 'Proxy-Authorization', 'proxy.city.example'), 'proxy-1 MD5 1');
      assert.equal(proven(third, 'Proxy-Authorization', 'proxy.city.example'), 'proxy-1 MD5 2');
      assert.equal(proven(third, 'Authorization', 'city.example'), 'city-1 SHA-256 1');
      for (const name of ['Authorization', 'Proxy-Authorization']) assert.equal(ack.header(name), third.header(name));
      assert.equal(proven(bye, 'Proxy-Authorization', 'proxy.city.example'), 'proxy-1 MD5 3');
      assert.equal(proven(again, 'Proxy-Authorization', 'proxy.city.example'), 'proxy-2 MD5 1');
      assert.equal(proven(again, 'Authorization', 'city.example'), 'city-1 SHA-256 3');
      await eventually(
        'the end of its dialog',
        () => engine.counts().dialogs,
        (dialogs) => dialogs === 0,
      );
    });
  }

  it('is told a password once that it does not take, and the call is refused', async () => {
    const trunk = await provide({ scenario: 'provider-refuses-password' });
    assert.deepEqual(await call(trunk), { refused: 407 });
    await provider?.finished();
    assert.equal(provider?.received().filter(({ method }) => method === 'INVITE').length, 2);
  });

  it('hears that a call it challenged is not wanted any more, and why', async () => {
    const trunk = await provide({ scenario: 'provider-rings' });
    const outgoing = await place(trunk);
    await eventually(
      'the second INVITE',
      () => provider?.received().filter(({ method }) => method === 'INVITE').length,
      (count) => count === 2,
    );
    outgoing.cancel({ Reason: 'SIP;cause=200;text="Call completed elsewhere"' });
    assert.deepEqual(await within('the outcome', outgoing.outcome), { none: 'cancelled' });
    await provider?.finished();
    const received = provider?.received() ?? [];
    const [, , invite, cancel] = received;
    assert.deepEqual(
      received.map(({ method }) => method),
      ['INVITE', 'ACK', 'INVITE', 'CANCEL', 'ACK'],
    );
    assert.deepEqual([cancel?.branch, cancel?.cseq], [invite?.branch, invite?.cseq]);
    assert.equal(cancel?.header('Reason'), 'SIP;cause=200;text="Call completed elsewhere"');
  });

  it('is called by its outbound proxy, and not where its name points', async () => {
    provider = await SippProvider.start({ scenario: 'provider-refuses-password' });
    const outboundProxy = `127.0.0.1:${provider.port}`;
    const trunk = oneTrunk({ host: 'sip.nowhere.invalid', outboundProxy, ...ACCOUNT });
    assert.deepEqual(await call(trunk), { refused: 407 });
    assert.equal(provider.received()[0]?.requestUri, 'sip:+4930123456@sip.nowhere.invalid');
  });

  it('takes a registration, whose renewal it challenges, and gives it back', async () => {
    const trunk = await provide({ scenario: 'provider-registers' }, { ...ACCOUNT, register: true });
    const registration = register(trunk, { shortestGrantMs: 500 });
    await eventually('the registration', () => trunk.registered, Boolean);
    await eventually(
      'its renewal',
      () => provider?.received().length,
      (count) => count === 4,
    );
    await eventually('that it holds', () => trunk.registered, Boolean);
    await registration.stop();
    await provider?.finished();

    const received = provider?.received() ?? [];
    assert.deepEqual(
      received.map((request) => request.header('Expires')),
      ['600', '600', '600', '600', '0'],
    );
    const [first, second, third, fourth, last] = received as [SipMessage, ...SipMessage[]];
    assert.ok(second && third && fourth && last);
    assert.equal(first.requestUri, `sip:127.0.0.1:${provider?.port}`);
    assert.equal(first.header('Contact'), `<sip:roomline@127.0.0.1:${engine.sipPort}>`);
    assert.equal(first.header('To'), '<sip:roomline@127.0.0.1>');
    assert.equal(first.header('Authorization'), '');
    assert.deepEqual(
      [second, third, fourth, last].map((request) => proven(request, 'Authorization', 'city.example')),
      ['n1 MD5 1', 'n1 MD5 2', 'n2 MD5 1', 'n2 MD5 2'],
    );
    assert.deepEqual(
      received.map(({ cseq }) => cseq),
      [1, 2, 3, 4, 5],
    );
    assert.equal(new Set(received.map(({ callId }) => callId)).size, 1);
  });

  it('is asked again later when it rejects a registration', async () => {
    const trunk = await provide({ scenario: 'provider-rejects' }, { ...ACCOUNT, register: true });
    const registration = register(trunk, { firstPauseRefusedMs: 100 });
    await eventually('the registration', () => trunk.registered, Boolean);
    await registration.stop();
    await provider?.finished();
    assert.equal(provider?.received().length, 4);
  });

  function register(trunk: Trunk, times: ConstructorParameters<typeof TrunkRegistration>[0]['times'] = {}) {
    const contactAddress = `127.0.0.1:${engine.sipPort}`;
    const registration = new TrunkRegistration({
      trunk,
      server,
      contactAddress,
      active: () => true,
      log: silentLog,
      times,
    });
    registration.start();
    return registration;
  }
});
