import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { RoomlineError } from '../../gateway/errors.js';
import { silentLog } from '../../gateway/log.js';
import type {
  DialogEnd,
  DialogListener,
  IncomingInvite,
  IncomingRequest,
  OutgoingCall,
  OutgoingInvite,
  SipDialog,
  SipServer,
} from '../../gateway/sip/sip-server.js';
import { connectSrf } from '../../gateway/sip/srf.js';
import { eventually, within } from '../support/eventually.js';

/** One frame from the application: `id|type|fields` and the SIP message behind it. */
interface Frame {
  readonly id: string;
  readonly fields: readonly string[];
  readonly message: string;
}

type Responder = (frame: Frame, script: AdminScript) => void;

/** An admin server that answers exactly what a test says: what a real one does when things go wrong. */
class AdminScript {
  readonly frames: Frame[] = [];
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  #socket: Socket | undefined;
  connections = 0;
  /** What happens with frames other than authenticate, route and ping. */
  onSip: Responder = () => {};
  pongs = true;
  secret = 'shared';

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Sends frames in one write. */
  send(...payloads: string[]): void {
    this.#socket?.write(payloads.map((payload) => `${Buffer.byteLength(payload)}#${payload}`).join(''));
  }

  ok(frame: Frame, fields: string, message = ''): void {
    this.send(`r|response|${frame.id}|OK|${fields}${message === '' ? '' : `\r\n${message}`}`);
  }

  cut(): void {
    this.#socket?.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#socket = socket;
    let buffer = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1');
      for (let hash = buffer.indexOf('#'); hash > 0; hash = buffer.indexOf('#')) {
        const end = hash + 1 + Number(buffer.slice(0, hash));
        if (buffer.length < end) return;
        const payload = buffer.slice(hash + 1, end);
        buffer = buffer.slice(end);
        this.#take(payload);
      }
    });
  }

  #take(payload: string): void {
    const [leader = '', ...rest] = payload.split('\r\n');
    const [id = '', type = '', ...fields] = leader.split('|');
    const frame = { id, fields: [type, ...fields], message: rest.join('\r\n') };
    if (type === 'authenticate') {
      if (fields[0] === this.secret) this.ok(frame, 'udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060');
      else this.send(`r|response|${id}|NO|incorrect secret`);
    } else if (type === 'route') this.ok(frame, '');
    else if (type === 'ping') {
      if (this.pongs) this.ok(frame, 'pong');
    } else {
      this.frames.push(frame);
      this.onSip(frame, this);
    }
  }
}

function message(method: string, headers: Record<string, string> = {}, body = ''): string {
  const all = {
    Via: 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport=5070',
    From: '<sip:alice@h>;tag=f1',
    To: '<sip:2000@h>',
    'Call-ID': 'call-1',
    CSeq: `1 ${method}`,
    Contact: '<sip:alice@127.0.0.1:5070>',
    ...headers,
    'Content-Length': String(body.length),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${method} sip:2000@h SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** A request outside of a dialog as the server hands it over. */
function incoming(text: string, protocol = 'udp'): string {
  return `e|sip|network|${text.length}|${protocol}|10.0.0.1|5070|00:00:00.000000|txn-1||127.0.0.1|5060|\r\n${text}`;
}

const DIALOG_ID = 'call-1;from-tag=f1';

/** Says that a 200 was sent, and what else shall arrive in the same write. */
function answered(frame: Frame, script: AdminScript, ...events: string[]): void {
  const sent = frame.message
    .replace(/^to: .*$/im, 'To: <sip:2000@h>;tag=t1')
    .replace('\r\n\r\n', '\r\nContact: <sip:127.0.0.1:5060>\r\n\r\n');
  const payload = `r|response|${frame.id}|OK|application|1|udp|10.0.0.1|5070|0|txn-1|${DIALOG_ID}||Msg sent:|\r\n${sent}`;
  script.send(payload, ...events);
}

describe('the link to a drachtio server', () => {
  let script: AdminScript;
  let server: SipServer | undefined;
  let port: number;
  const requests: IncomingRequest[] = [];
  const invites: IncomingInvite[] = [];
  let onInvite: (invite: IncomingInvite) => Promise<void> = async () => {};

  beforeEach(async () => {
    script = new AdminScript();
    port = await script.listen();
    requests.length = 0;
    invites.length = 0;
    onInvite = async () => {};
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await script.close();
  });

  async function link(pings: { pingIntervalMs?: number; pingTimeoutMs?: number } = {}): Promise<SipServer> {
    server = await connectSrf({
      host: '127.0.0.1',
      port,
      secret: 'shared',
      log: silentLog,
      handlers: {
        async invite(invite) {
          invites.push(invite);
          await onInvite(invite);
        },
        async request(request) {
          requests.push(request);
        },
      },
      ...pings,
    });
    return server;
  }

  async function firstOf<T>(list: readonly T[]): Promise<T> {
    const [first] = await eventually(
      'a request',
      () => list,
      (seen) => seen.length > 0,
    );
    return first ?? assert.fail();
  }

  const TARGET = { address: '10.0.0.1', port: 5070, transport: 'ws' } as const;
  const OPTIONS = { method: 'OPTIONS', uri: 'sip:a@x.invalid;transport=ws', to: 'sip:a@x.invalid', target: TARGET };

  it('is refused with a wrong secret, at once', async () => {
    script.secret = 'another';
    await assert.rejects(link(), { kind: 'unavailable' });
    assert.equal(script.connections, 1);
  });

  it('comes back after it was cut, and serves requests again', async () => {
    const linked = await link();
    script.cut();
    await eventually(
      'another link',
      () => [linked.linked, script.connections],
      ([up, connections]) => up === true && connections === 2,
    );
    script.send(incoming(message('OPTIONS')));
    assert.equal((await firstOf(requests)).method, 'OPTIONS');
  });

  it('is cut by us when it is silent, and made anew', async () => {
    const linked = await link({ pingIntervalMs: 30, pingTimeoutMs: 30 });
    script.pongs = false;
    await eventually(
      'the loss to be noticed',
      () => linked.linked,
      (up) => !up,
    );
    script.pongs = true;
    await eventually(
      'the link',
      () => linked.linked,
      (up) => up,
    );
  });

  it('fails what is pending when it is lost', async () => {
    const linked = await link();
    const asked = linked.request(OPTIONS, 60_000);
    await eventually(
      'the OPTIONS',
      () => script.frames.length,
      (count) => count === 1,
    );
    script.cut();
    assert.deepEqual(await within('the answer', asked), { none: 'link-lost' });
    assert.deepEqual(await linked.request(OPTIONS, 60_000), { none: 'link-lost' });
  });

  it('sends a request where the contact came from, with a To of its own', async () => {
    const linked = await link();
    for (const transport of ['udp', 'tcp', 'ws'] as const) {
      await linked.request({ ...OPTIONS, target: { ...TARGET, transport } }, 50);
    }
    await linked.request({ ...OPTIONS, target: { address: '2001:db8::1', port: 5060, transport: 'udp' } }, 50);
    await eventually(
      'all four',
      () => script.frames.length,
      (count) => count === 4,
    );
    assert.deepEqual(
      script.frames.map(({ fields }) => fields[3]),
      ['sip:10.0.0.1:5070', 'sip:10.0.0.1:5070;transport=tcp', undefined, 'sip:[2001:db8::1]:5060'],
    );
    const frame = await firstOf(script.frames);
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
      const linked = await link();
      script.onSip = (frame) => {
        const sent = message('OPTIONS');
        script.ok(frame, `application|1|udp|10.0.0.1|5070|0|out-1|Msg sent:|`, sent);
        const response = sent.replace(/^OPTIONS .*$/m, `SIP/2.0 ${status} x\r`).replace('\r\r', '\r');
        script.send(`e|sip|network|1|udp|${from}|0|0|out-1||\r\n${response}`);
      };
      assert.deepEqual(await linked.request(OPTIONS, 5000), answer);
    });
  }

  it('takes a refusal by the server for nobody being there', async () => {
    const linked = await link();
    script.onSip = (frame) => script.send(`r|response|${frame.id}|NOK|can not send request to myself`);
    assert.deepEqual(await linked.request(OPTIONS, 5000), { none: 'no-flow' });
  });

  it('tells WebSocket from TCP by the Via', async () => {
    await link();
    script.send(incoming(message('OPTIONS', { Via: 'SIP/2.0/WSS x.invalid;branch=z9hG4bK1' }), 'tcp'));
    assert.deepEqual((await firstOf(requests)).source, TARGET);
  });

  it('refuses an INVITE without a usable Contact, before anything is answered', async () => {
    await link();
    script.onSip = (frame) => script.ok(frame, 'application|1|udp|10.0.0.1|5070|0|txn-1|||Msg sent:|', frame.message);
    for (const contact of ['', '*', '<sip:a@h>, <sip:b@h>']) {
      script.frames.length = 0;
      script.send(incoming(message('INVITE', { Contact: contact })));
      assert.match((await firstOf(script.frames)).message, /^SIP\/2\.0 400 /, contact);
    }
    assert.equal(invites.length, 0);
  });

  it('answers 503 when something we need is missing, 500 when something unforeseen fails', async () => {
    await link();
    for (const [failure, reply] of [
      [
        new RoomlineError('unavailable', 'no database', { retryAfterSeconds: 3 }),
        /^SIP\/2\.0 503 .*\r\n(.*\r\n)*retry-after: 3\r/i,
      ],
      [new TypeError('oops'), /^SIP\/2\.0 500 /],
    ] as const) {
      script.frames.length = 0;
      onInvite = () => Promise.reject(failure);
      script.send(incoming(message('INVITE')));
      assert.match((await firstOf(script.frames)).message, reply);
    }
  });

  it('refuses control characters, and copies none of them into the refusal', async () => {
    await link();
    script.send(incoming(message('OPTIONS', { From: '<sip:alice@h>;tag=f1\nX-Evil: yes' })));
    const { message: refusal } = await firstOf(script.frames);
    assert.match(refusal, /^SIP\/2\.0 400 Control Character In Header\r\n/);
    assert.doesNotMatch(refusal, /\nX-Evil/);
    assert.equal(requests.length, 0);
  });

  it('hears a CANCEL that came before anybody listened', async () => {
    await link();
    let cancelled = false;
    onInvite = async (invite) => {
      await eventually(
        'the CANCEL to have come',
        () => script.frames.length,
        () => true,
      );
      script.send(`e|sip|network|1|udp|10.0.0.1|5070|0|txn-1||\r\n${message('CANCEL')}`);
      script.send(incoming(message('OPTIONS', { 'Call-ID': 'another' })));
      await firstOf(requests);
      invite.onCancel(() => {
        cancelled = true;
      });
    };
    script.send(incoming(message('INVITE')));
    await eventually(
      'the cancel',
      () => cancelled,
      (seen) => seen,
    );
  });

  it('tells of a BYE that comes in one write with the confirmation of the 200', async () => {
    await link();
    const heard: string[] = [];
    script.onSip = (frame) => {
      if (!frame.message.startsWith('SIP/2.0 200') || !/INVITE/.test(frame.message)) return;
      answered(frame, script, `e|sip|network|1|udp|10.0.0.1|5070|0|txn-2|${DIALOG_ID}|\r\n${message('BYE')}`);
    };
    let dialog: SipDialog | undefined;
    onInvite = async (invite) => {
      dialog = await invite.accept(
        { sdp: 'v=0\r\n' },
        { ended: (why) => heard.push(why), acknowledged: () => {}, requested: () => {} },
      );
    };
    script.send(incoming(message('INVITE')));
    await eventually(
      'the end',
      () => heard,
      (seen) => seen.length === 1,
    );
    assert.deepEqual(heard, ['bye']);
    await eventually(
      'the dialog',
      () => dialog,
      (seen) => seen !== undefined,
    );
    const frames = script.frames.length;
    await dialog?.bye(1000);
    assert.equal(script.frames.length, frames, 'no BYE for what has ended');
  });

  it('ends every dialog when it is lost, and answers for it at once', async () => {
    await link();
    const heard: string[] = [];
    let dialog: SipDialog | undefined;
    script.onSip = (frame) => {
      if (frame.message.startsWith('SIP/2.0 200')) answered(frame, script);
    };
    onInvite = async (invite) => {
      dialog = await invite.accept(
        { sdp: 'v=0\r\n' },
        { ended: (why) => heard.push(why), acknowledged: () => {}, requested: () => {} },
      );
    };
    script.send(incoming(message('INVITE')));
    await eventually(
      'the dialog',
      () => dialog,
      (seen) => seen !== undefined,
    );
    const asked = dialog?.request({ method: 'OPTIONS' }, 60_000);
    await eventually(
      'the OPTIONS',
      () => script.frames.length,
      (count) => count === 2,
    );
    script.cut();
    assert.deepEqual(await within('the answer', Promise.resolve(asked)), { none: 'link-lost' });
    await eventually(
      'the end',
      () => heard,
      (seen) => seen.length === 1,
    );
    assert.deepEqual(heard, ['link-lost']);
    assert.deepEqual(await dialog?.request({ method: 'OPTIONS' }, 1000), { none: 'no-dialog' });
  });

  it('rejects an answer the server does not take', async () => {
    await link();
    let failure: unknown;
    script.onSip = (frame) => script.send(`r|response|${frame.id}|NOK|Response not sent due to unknown transaction`);
    onInvite = async (invite) => {
      failure = await invite
        .accept({ sdp: 'v=0\r\n' }, { ended: () => {}, acknowledged: () => {}, requested: () => {} })
        .catch((error: unknown) => error);
    };
    script.send(incoming(message('INVITE')));
    await eventually(
      'the failure',
      () => failure,
      (seen) => seen !== undefined,
    );
    assert.equal((failure as { kind?: string }).kind, 'unavailable');
  });

  it('refuses a session description too large for the server, and sends large ones one after the other', async () => {
    await link();
    const unconfirmed: Frame[] = [];
    script.onSip = (frame) => unconfirmed.push(frame);
    const failures: unknown[] = [];
    let bytes = 5900;
    onInvite = (invite) =>
      invite
        .accept({ sdp: 'v'.repeat(bytes) }, { ended: () => {}, acknowledged: () => {}, requested: () => {} })
        .then(() => undefined)
        .catch((error: unknown) => void failures.push(error));
    for (let call = 0; call < 3; call++) script.send(incoming(message('INVITE', { 'Call-ID': `call-${call}` })));
    for (let call = 0; call < 3; call++) {
      await eventually(
        'one frame',
        () => unconfirmed.length,
        (count) => count === 1,
      );
      const frame = unconfirmed.shift();
      assert.ok(frame);
      assert.equal(unconfirmed.length, 0, 'two large frames at once');
      script.send(`r|response|${frame.id}|NOK|enough seen`);
    }
    await eventually(
      'the failures',
      () => failures.length,
      (count) => count === 3,
    );
    bytes = 12_000;
    script.send(incoming(message('INVITE')));
    await eventually(
      'the refusal',
      () => failures.length,
      (count) => count === 4,
    );
    assert.equal((failures[3] as { kind?: string }).kind, 'too-large');
  });

  describe('places calls', () => {
    const CALL: OutgoingInvite = {
      uri: 'sip:bob@x.invalid;transport=ws',
      from: '"Alice" <sip:2000@h>',
      to: '<sip:bob@h>',
      target: TARGET,
      sdp: 'v=0\r\n',
    };
    const ended: DialogEnd[] = [];
    const listener: DialogListener = {
      ended: (why) => void ended.push(why),
      acknowledged() {},
      requested() {},
    };
    beforeEach(() => {
      ended.length = 0;
    });

    /** The INVITE as the server has sent it. */
    const sent = () => message('INVITE', { From: '<sip:2000@h>;tag=f1', To: '<sip:bob@h>' }, CALL.sdp);
    function confirm(frame: Frame): void {
      script.ok(frame, 'application|1|tcp|10.0.0.1|5070|0|out-1|Msg sent:|', sent());
    }
    function respond(status: number, { from = '10.0.0.1', contact = '<sip:bob@x.invalid>' } = {}): void {
      const headers = { From: '<sip:2000@h>;tag=f1', To: '<sip:bob@h>;tag=t1', Contact: contact };
      const text = message('INVITE', headers, 'v=0 answer');
      const response = text.replace(/^INVITE .*$/m, `SIP/2.0 ${status} x\r`).replace('\r\r', '\r');
      script.send(`e|sip|network|1|tcp|${from}|0|0|out-1|${DIALOG_ID}|\r\n${response}`);
    }
    const methods = () => script.frames.map((frame) => frame.message.split(' ', 1)[0]);
    const sees = (wanted: readonly string[]) =>
      eventually(`the server to see ${wanted}`, methods, (seen) => String(seen) === String(wanted));

    it('as asked, and takes the 200 for a dialog', async () => {
      const linked = await link();
      script.onSip = (frame) => {
        if (!frame.message.startsWith('INVITE')) return;
        confirm(frame);
        respond(180);
        respond(200);
      };
      const outcome = await within('the outcome', linked.call(CALL, 5000, listener).outcome);
      assert.ok('dialog' in outcome);
      assert.equal(outcome.sdp, 'v=0 answer');
      assert.equal(outcome.dialog.callId, 'call-1');
      await sees(['INVITE', 'ACK']);
      const [invite] = script.frames;
      assert.match(invite?.message ?? '', /^INVITE sip:bob@x\.invalid;transport=ws SIP\/2\.0\r\n/);
      assert.match(invite?.message ?? '', /^from: "Alice" <sip:2000@h>\r$/im);
      assert.match(invite?.message ?? '', /^to: <sip:bob@h>\r$/im);
      assert.match(invite?.message ?? '', /\r\n\r\nv=0/);
    });

    for (const [status, from, outcome] of [
      [486, '10.0.0.1', { refused: 486 }],
      [603, '10.0.0.1', { refused: 603 }],
      [503, '10.0.0.1', { refused: 503 }],
      [503, '', { none: 'no-flow' }],
      [410, '', { none: 'no-flow' }],
      [408, '', { none: 'timeout' }],
    ] as const) {
      it(`and takes ${status} from ${from === '' ? 'the server' : 'the phone'} for ${JSON.stringify(outcome)}`, async () => {
        const linked = await link();
        script.onSip = (frame) => {
          if (!frame.message.startsWith('INVITE')) return;
          confirm(frame);
          respond(status, { from });
        };
        assert.deepEqual(await within('the outcome', linked.call(CALL, 5000, listener).outcome), outcome);
      });
    }

    it('and is told when the server will not place one, or is not there', async () => {
      const linked = await link();
      script.onSip = (frame) => script.send(`r|response|${frame.id}|NOK|can not send request to myself`);
      assert.deepEqual(await linked.call(CALL, 5000, listener).outcome, { none: 'no-flow' });
      script.onSip = confirm;
      const ringing = linked.call(CALL, 5000, listener);
      await sees(['INVITE', 'INVITE']);
      script.cut();
      assert.deepEqual(await within('the outcome', ringing.outcome), { none: 'link-lost' });
      assert.deepEqual(await linked.call(CALL, 5000, listener).outcome, { none: 'link-lost' });
    });

    it('and cancels one that nobody answers in time', async () => {
      const linked = await link();
      script.onSip = (frame) => frame.message.startsWith('INVITE') && confirm(frame);
      assert.deepEqual(await within('the outcome', linked.call(CALL, 50, listener).outcome), { none: 'timeout' });
      await sees(['INVITE', 'CANCEL']);
    });

    it('and cancels with a reason, once, as soon as the INVITE is out', async () => {
      const linked = await link();
      let invite: Frame | undefined;
      script.onSip = (frame) => {
        if (frame.message.startsWith('INVITE')) invite = frame;
        if (frame.message.startsWith('CANCEL')) respond(487);
      };
      const call = linked.call(CALL, 5000, listener);
      await sees(['INVITE']);
      call.cancel({ Reason: 'SIP;cause=200;text="Call completed elsewhere"' });
      call.cancel();
      assert.deepEqual(methods(), ['INVITE']);
      confirm(invite ?? assert.fail());
      assert.deepEqual(await within('the outcome', call.outcome), { none: 'cancelled' });
      const cancels = script.frames.filter((frame) => frame.message.startsWith('CANCEL'));
      assert.equal(cancels.length, 1);
      assert.match(cancels[0]?.message ?? '', /^reason: SIP;cause=200;text="Call completed elsewhere"\r$/im);
    });

    it('and never sends one that was cancelled before its turn', async () => {
      const linked = await link();
      const call = linked.call(CALL, 5000, listener);
      call.cancel();
      await linked.request(OPTIONS, 50);
      await sees(['OPTIONS']);
    });

    for (const [what, cancel] of [
      ['is cancelled', (call: OutgoingCall) => call.cancel()],
      ['is given up', () => {}],
    ] as const) {
      it(`and ends an answer that comes when the call ${what}`, async () => {
        const linked = await link();
        script.onSip = (frame) => {
          if (frame.message.startsWith('INVITE')) confirm(frame);
          if (frame.message.startsWith('CANCEL')) respond(200);
        };
        const call = linked.call(CALL, what === 'is given up' ? 50 : 5000, listener);
        // One that is given up may be cancelled already.
        assert.match((await firstOf(script.frames)).message, /^INVITE /);
        cancel(call);
        assert.ok('none' in (await within('the outcome', call.outcome)));
        await sees(['INVITE', 'CANCEL', 'ACK', 'BYE']);
        assert.deepEqual(ended, []);
      });
    }

    it('and tells of a BYE that comes in one write with the answer', async () => {
      const linked = await link();
      script.onSip = (frame) => {
        if (!frame.message.startsWith('INVITE')) return;
        confirm(frame);
        respond(200);
        const bye = message('BYE', { From: '<sip:bob@h>;tag=t1', To: '<sip:2000@h>;tag=f1' });
        script.send(`e|sip|network|1|tcp|10.0.0.1|5070|0|bye-1|${DIALOG_ID}|\r\n${bye}`);
      };
      const outcome = await within('the outcome', linked.call(CALL, 5000, listener).outcome);
      assert.ok('dialog' in outcome);
      await eventually(
        'the end of the dialog',
        () => ended.join(),
        (seen) => seen === 'bye',
      );
    });
  });
});
