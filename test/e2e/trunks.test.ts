import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.js';
import { type GatewayEnvironment, TestGateway } from '../support/gateway.js';
import { SipPhone } from '../support/sip-phone.js';
import { runSipp } from '../support/sipp.js';
import { SippProvider, type SippProviderOptions } from '../support/sipp-provider.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { yamlFile } from '../support/yaml-file.js';

interface Invitation {
  readonly to: string;
  readonly state: string;
  readonly cause?: string;
}

const ACCESS_NUMBER = '+4930555000';

describe('trunks', function () {
  this.timeout(120_000);
  let gateway: TestGateway | undefined;
  let provider: SippProvider | undefined;

  afterEach(async () => {
    await gateway?.holdsNothing();
    await gateway?.stop();
    await provider?.stop();
    gateway = undefined;
    provider = undefined;
  });

  async function start(settings: object, environment: GatewayEnvironment = {}): Promise<TestGateway> {
    const file = yamlFile({ invitations: { tries: 1 }, ...settings });
    gateway = await TestGateway.start({ ROOMLINE_CONFIG: file, ...environment });
    return gateway;
  }

  /** A gateway with a provider that does as the scenario says. */
  async function startWith(options: SippProviderOptions, trunk: object, outsideCalls: object): Promise<TestGateway> {
    provider = await SippProvider.start(options);
    const city = { host: provider.host, port: provider.port, username: 'roomline', ...trunk };
    return start({ trunks: { city }, outsideCalls }, { ROOMLINE_TRUNK_CITY_PASSWORD: 'secret' });
  }

  async function metric(line: string): Promise<number> {
    const text = await (await fetch(`${gateway?.httpUrl}/metrics`)).text();
    const found = text.split('\n').find((each) => each.startsWith(`${line} `));
    return found === undefined ? Number.NaN : Number(found.slice(line.length));
  }

  const invite = (numbers: readonly string[]) => {
    if (gateway === undefined) throw new Error('no gateway');
    return gateway.api.request<{ room: { number: string }; error?: { code: string } }>(
      'alice',
      'POST',
      '/v1/voice-requests',
      {
        kind: 'voice-communication-invitation',
        group: 'engineering',
        invite: numbers.map((number) => `tel:${number}`),
      },
    );
  };

  async function refusalOf(...numbers: string[]): Promise<string> {
    const { status, body } = await invite(numbers);
    return `${status} ${body.error?.code}`;
  }

  /** Invites telephones into the room of alice's group, and waits for what becomes of them. */
  async function outcomesOf(...numbers: string[]): Promise<string[]> {
    if (gateway === undefined) throw new Error('no gateway');
    const { api } = gateway;
    const asked = await invite(numbers);
    assert.equal(asked.status, 201, JSON.stringify(asked.body));
    const path = `/v1/rooms/${asked.body.room.number}/invitations`;
    const over = await eventually(
      'the outcomes',
      async () => (await api.request<{ invitations: Invitation[] }>('alice', 'GET', path)).body.invitations,
      (all) => all.every(({ state }) => ['busy', 'failed', 'no-answer', 'unreachable', 'declined'].includes(state)),
      30_000,
    );
    return numbers.map((number) => {
      const { state, cause } = over.findLast(({ to }) => to === `tel:${number}`) ?? { state: 'not invited' };
      return cause === undefined ? state : `${state} ${cause}`;
    });
  }

  describe('with calls to telephones', () => {
    const OPEN = { allow: ['+49'], deny: ['+49900'] };
    const MOVED = '+49301111111';

    for (const [what, redirect, outcome, called] of [
      ['to a number that may be called', 'sip:+49302222222@elsewhere.invalid', 'busy 486', [MOVED, '+49302222222']],
      ['to a number that is barred', 'sip:+499002222222@elsewhere.invalid', 'failed 302', [MOVED]],
      ['to a number of a country that is not allowed', 'tel:+43112345678', 'failed 302', [MOVED]],
      ['to an emergency number', 'tel:110', 'failed 302', [MOVED]],
      ['to some other SIP peer', 'sip:mallory@203.0.113.9', 'failed 302', [MOVED]],
      ['to the same number again', `tel:${MOVED}`, 'failed 302', [MOVED, MOVED]],
    ] as const) {
      it(`follow a redirect ${what}: ${outcome}`, async () => {
        const calls = called.length;
        await startWith({ scenario: 'provider-redirects', calls, keys: { redirect } }, {}, OPEN);
        assert.deepEqual(await outcomesOf(MOVED), [outcome]);
        await provider?.finished();
        const invites = provider?.received().filter(({ method }) => method === 'INVITE') ?? [];
        assert.deepEqual(
          invites.map(({ requestUri }) => /sip:(.*)@/.exec(requestUri)?.[1]),
          called,
        );
      });
    }

    it('are refused by rules and limits before anybody is invited, and counted', async () => {
      const trunk = { dial: '0{national}', countryCode: '49' };
      const allow = ['+49', '+43'];
      await startWith({ scenario: 'provider-redirects', keys: { redirect: 'tel:110' } }, trunk, {
        ...OPEN,
        allow,
        perUserPerHour: 1,
      });
      for (const number of ['+499001234567', '+12025550123', '+49110']) {
        assert.equal(await refusalOf(number), '403 barred');
      }
      assert.equal(await refusalOf('+43112345678'), '400 no-trunk');
      assert.equal(await refusalOf('+49303333333', '+49304444444'), '429 user-limit');
      assert.deepEqual(await outcomesOf('+49303333333'), ['busy 486']);
      assert.equal(await refusalOf('+49304444444'), '429 user-limit');
      assert.equal(provider?.received()[0]?.requestUri, `sip:0303333333@127.0.0.1:${provider?.port}`);
      const refusals = ['barred', 'no-trunk', 'user-limit', 'hour-limit', 'at-once'];
      const counted = await Promise.all(
        refusals.map((reason) => metric(`roomline_outside_calls_refused_total{reason="${reason}"}`)),
      );
      assert.deepEqual(counted, [3, 1, 2, 0, 0]);
      assert.equal(await metric('roomline_invitations_total{outcome="busy"}'), 1);
      assert.equal(await metric('roomline_outside_calls_placed_total{trunk="city"}'), 1);
    });

    it('wait for each other where only one may go out at once', async () => {
      await startWith({ scenario: 'provider-busy', calls: 3 }, {}, { ...OPEN, atOnce: 1 });
      const outcomes = await outcomesOf('+49301111111', '+49302222222', '+49303333333');
      assert.deepEqual(outcomes, ['busy 486', 'busy 486', 'busy 486']);
      await provider?.finished();
      const order = provider?.received().map(({ method }) => method);
      assert.deepEqual(order, ['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK']);
      assert.ok((await metric('roomline_outside_calls_refused_total{reason="at-once"}')) > 0);
    });

    it('need a rule: without one nothing goes out', async () => {
      await startWith({ scenario: 'provider-redirects', keys: { redirect: 'tel:110' } }, {}, {});
      assert.equal(await refusalOf('+49303333333'), '403 barred');
      assert.deepEqual(provider?.received(), []);
    });
  });

  it('are registered at while the gateway runs, as the metrics show', async () => {
    await startWith({ scenario: 'provider-registers-once' }, { register: true }, {});
    await eventually(
      'the registration',
      () => metric('roomline_trunk_registered{trunk="city"}'),
      (value) => value === 1,
    );
    await gateway?.stop();
    gateway = undefined;
    await provider?.finished();
    assert.deepEqual(
      provider?.received().map((request) => request.header('Expires')),
      ['600', '0'],
    );
  });

  it('have no access number that is a room’s', async () => {
    const data = temporaryFolder('data');
    const first = await TestGateway.start({ ROOMLINE_DATA: data });
    const number = await first.api.roomNumber('alice', 'engineering');
    await first.stop();
    const rooms = { groupNumbers: { from: 20000, to: 20999 } };
    await assert.rejects(
      TestGateway.start({
        ROOMLINE_DATA: data,
        ROOMLINE_CONFIG: yamlFile({ rooms, lobby: { accessNumbers: [number] } }),
      }),
      new RegExp(`the access number ${number} is a room's`),
    );
  });

  describe('with calls from telephones', () => {
    const trunks = {
      city: { host: '127.0.0.2', countryCode: '49', inboundFrom: ['127.0.0.2'], accessNumbers: [ACCESS_NUMBER] },
      west: { host: '127.0.0.3', inboundUsername: 'west', inboundPassword: 'hush', accessNumbers: ['55501'] },
    };
    const west = (password: string) => [{ username: 'west', password }];

    beforeEach(() => start({ trunks }));

    function call(number: string, options: Partial<Parameters<typeof runSipp>[0]> = {}) {
      if (gateway === undefined) throw new Error('no gateway');
      const { sip: server } = gateway;
      return runSipp({ server, scenario: 'trunk-call', number, users: west('hush'), callMs: 200, ...options });
    }

    it('are answered from a listed address, without being challenged, whatever form the number has', async () => {
      for (const number of [ACCESS_NUMBER, '030555000', '004930555000']) {
        const { successful, failed } = await call(number, { from: '127.0.0.2' });
        assert.deepEqual([successful, failed], [1, 0]);
      }
    });

    it('are challenged from anywhere else', async () => {
      await assert.rejects(call(ACCESS_NUMBER, { from: '127.0.0.4' }), /407 Proxy Authentication Required/);
    });

    it('reach nothing but access numbers and rooms with a PIN', async () => {
      const room = await gateway?.api.roomNumber('alice', 'engineering');
      await assert.rejects(call(room ?? '', { from: '127.0.0.2' }), /404 Not Found/);
      await assert.rejects(call('7999', { from: '127.0.0.2' }), /404 Not Found/);
    });

    it('are challenged again with a wrong password', async () => {
      if (gateway === undefined) throw new Error('no gateway');
      const phone = await SipPhone.open({ server: gateway.sip, user: 'west', password: 'wrong' });
      try {
        await assert.rejects(phone.call('55501').dial(), /407 Proxy Authentication Required/);
      } finally {
        await phone.close();
      }
    });

    it('are answered from anywhere with the trunk’s credentials, for its own numbers', async () => {
      const options = { scenario: 'call', from: '127.0.0.4' } as const;
      const { successful, failed } = await call('55501', { ...options, users: west('hush') });
      assert.deepEqual([successful, failed], [1, 0]);
      // The number is another trunk's.
      await assert.rejects(call('4930555000', { ...options, users: west('hush') }), /404 Not Found/);
    });
  });
});
