import assert from 'node:assert/strict';
import type { DialogEnd, DialogListener, OutgoingCall, OutgoingInvite } from '../../gateway/sip/sip-server.js';
import { eventually, within } from '../support/eventually.js';
import type { Frame } from './admin-script.js';
import { DIALOG_ID, firstOf, LinkBench, message, OPTIONS, TARGET } from './admin-script.js';

describe('the link to a drachtio server', () => {
  let bench: LinkBench;

  beforeEach(async () => {
    bench = await LinkBench.open();
  });
  afterEach(() => bench.close());

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
      bench.script.ok(frame, 'application|1|tcp|10.0.0.1|5070|0|out-1|Msg sent:|', sent());
    }
    function respond(status: number, { from = '10.0.0.1', contact = '<sip:bob@x.invalid>' } = {}): void {
      const headers = { From: '<sip:2000@h>;tag=f1', To: '<sip:bob@h>;tag=t1', Contact: contact };
      const text = message('INVITE', headers, 'v=0 answer');
      const response = text.replace(/^INVITE .*$/m, `SIP/2.0 ${status} x\r`).replace('\r\r', '\r');
      bench.script.send(`e|sip|network|1|tcp|${from}|0|0|out-1|${DIALOG_ID}|\r\n${response}`);
    }
    const methods = () => bench.script.frames.map((frame) => frame.message.split(' ', 1)[0]);
    const sees = (wanted: readonly string[]) =>
      eventually(`the server to see ${wanted}`, methods, (seen) => String(seen) === String(wanted));

    it('as asked, and takes the 200 for a dialog', async () => {
      const linked = await bench.link();
      bench.script.onSip = (frame) => {
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
      const [invite] = bench.script.frames;
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
      [408, '', { none: 'no-response' }],
    ] as const) {
      it(`and takes ${status} from ${from === '' ? 'the server' : 'the phone'} for ${JSON.stringify(outcome)}`, async () => {
        const linked = await bench.link();
        bench.script.onSip = (frame) => {
          if (!frame.message.startsWith('INVITE')) return;
          confirm(frame);
          respond(status, { from });
        };
        assert.deepEqual(await within('the outcome', linked.call(CALL, 5000, listener).outcome), outcome);
      });
    }

    it('and is told when the server will not place one, or is not there', async () => {
      const linked = await bench.link();
      bench.script.onSip = (frame) => bench.script.send(`r|response|${frame.id}|NOK|can not send request to myself`);
      assert.deepEqual(await linked.call(CALL, 5000, listener).outcome, { none: 'no-flow' });
      bench.script.onSip = confirm;
      const ringing = linked.call(CALL, 5000, listener);
      await sees(['INVITE', 'INVITE']);
      bench.script.cut();
      assert.deepEqual(await within('the outcome', ringing.outcome), { none: 'link-lost' });
      assert.deepEqual(await linked.call(CALL, 5000, listener).outcome, { none: 'link-lost' });
    });

    it('and cancels one that nobody answers in time', async () => {
      const linked = await bench.link();
      bench.script.onSip = (frame) => frame.message.startsWith('INVITE') && confirm(frame);
      assert.deepEqual(await within('the outcome', linked.call(CALL, 50, listener).outcome), { none: 'no-response' });
      await sees(['INVITE', 'CANCEL']);
    });

    for (const [status, none] of [
      [180, 'timeout'],
      [100, 'no-response'],
    ] as const) {
      it(`and takes one that nobody answers after a ${status} for ${none}`, async () => {
        const linked = await bench.link();
        bench.script.onSip = (frame) => {
          if (!frame.message.startsWith('INVITE')) return;
          confirm(frame);
          respond(status);
          respond(408);
        };
        assert.deepEqual(await within('the outcome', linked.call(CALL, 5000, listener).outcome), { none });
      });
    }

    it('and cancels with a reason, once, as soon as the INVITE is out', async () => {
      const linked = await bench.link();
      let invite: Frame | undefined;
      bench.script.onSip = (frame) => {
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
      const cancels = bench.script.frames.filter((frame) => frame.message.startsWith('CANCEL'));
      assert.equal(cancels.length, 1);
      assert.match(cancels[0]?.message ?? '', /^reason: SIP;cause=200;text="Call completed elsewhere"\r$/im);
    });

    it('and never sends one that was cancelled before its turn', async () => {
      const linked = await bench.link();
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
        const linked = await bench.link();
        bench.script.onSip = (frame) => {
          if (frame.message.startsWith('INVITE')) confirm(frame);
          if (frame.message.startsWith('CANCEL')) respond(200);
        };
        const call = linked.call(CALL, what === 'is given up' ? 50 : 5000, listener);
        // One that is given up may be cancelled already.
        assert.match((await firstOf(bench.script.frames)).message, /^INVITE /);
        cancel(call);
        assert.ok('none' in (await within('the outcome', call.outcome)));
        await sees(['INVITE', 'CANCEL', 'ACK', 'BYE']);
        assert.deepEqual(ended, []);
      });
    }

    it('and tells of a BYE that comes in one write with the answer', async () => {
      const linked = await bench.link();
      bench.script.onSip = (frame) => {
        if (!frame.message.startsWith('INVITE')) return;
        confirm(frame);
        respond(200);
        const bye = message('BYE', { From: '<sip:bob@h>;tag=t1', To: '<sip:2000@h>;tag=f1' });
        bench.script.send(`e|sip|network|1|tcp|10.0.0.1|5070|0|bye-1|${DIALOG_ID}|\r\n${bye}`);
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
