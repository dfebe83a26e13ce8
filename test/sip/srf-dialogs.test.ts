import assert from 'node:assert/strict';
import type { SipDialog } from '../../gateway/sip/sip-server.js';
import { eventually, within } from '../support/eventually.js';
import type { Frame } from './admin-script.js';
import { answered, DIALOG_ID, firstOf, incoming, LinkBench, message } from './admin-script.js';

describe('the link to a drachtio server', () => {
  let bench: LinkBench;

  beforeEach(async () => {
    bench = await LinkBench.open();
  });
  afterEach(() => bench.close());

  /** Answers the next call; what ends its dialog is written down. */
  function takeCall(heard: string[]): { dialog?: SipDialog } {
    const taken: { dialog?: SipDialog } = {};
    bench.onInvite = async (invite) => {
      taken.dialog = await invite.accept(
        { sdp: 'v=0\r\n' },
        { ended: (why) => heard.push(why), acknowledged: () => {}, requested: () => {} },
      );
    };
    return taken;
  }

  it('hears a CANCEL that came before anybody listened', async () => {
    await bench.link();
    let cancelled = false;
    bench.onInvite = async (invite) => {
      bench.script.send(`e|sip|network|1|udp|10.0.0.1|5070|0|txn-1||\r\n${message('CANCEL')}`);
      bench.script.send(incoming(message('OPTIONS', { 'Call-ID': 'another' })));
      await firstOf(bench.requests);
      invite.onCancel(() => {
        cancelled = true;
      });
    };
    bench.script.send(incoming(message('INVITE')));
    await eventually(
      'the cancel',
      () => cancelled,
      (seen) => seen,
    );
  });

  it('tells of a BYE that comes in one write with the confirmation of the 200', async () => {
    await bench.link();
    const heard: string[] = [];
    bench.script.onSip = (frame) => {
      if (!frame.message.startsWith('SIP/2.0 200') || !/INVITE/.test(frame.message)) return;
      answered(frame, bench.script, `e|sip|network|1|udp|10.0.0.1|5070|0|txn-2|${DIALOG_ID}|\r\n${message('BYE')}`);
    };
    const taken = takeCall(heard);
    bench.script.send(incoming(message('INVITE')));
    await eventually(
      'the end',
      () => heard,
      (seen) => seen.length === 1,
    );
    assert.deepEqual(heard, ['bye']);
    const dialog = await eventually(
      'the dialog',
      () => taken.dialog,
      (seen) => seen !== undefined,
    );
    const frames = bench.script.frames.length;
    await dialog?.bye(1000);
    assert.equal(bench.script.frames.length, frames, 'no BYE for what has ended');
  });

  it('ends every dialog when it is lost, and answers for it at once', async () => {
    await bench.link();
    const heard: string[] = [];
    bench.script.onSip = (frame) => {
      if (frame.message.startsWith('SIP/2.0 200')) answered(frame, bench.script);
    };
    const taken = takeCall(heard);
    bench.script.send(incoming(message('INVITE')));
    const dialog = await eventually(
      'the dialog',
      () => taken.dialog,
      (seen) => seen !== undefined,
    );
    const asked = dialog?.request({ method: 'OPTIONS' }, 60_000);
    await eventually(
      'the OPTIONS',
      () => bench.script.frames.length,
      (count) => count === 2,
    );
    bench.script.cut();
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
    await bench.link();
    let failure: unknown;
    bench.script.onSip = (frame) =>
      bench.script.send(`r|response|${frame.id}|NOK|Response not sent due to unknown transaction`);
    bench.onInvite = async (invite) => {
      failure = await invite
        .accept({ sdp: 'v=0\r\n' }, { ended: () => {}, acknowledged: () => {}, requested: () => {} })
        .catch((error: unknown) => error);
    };
    bench.script.send(incoming(message('INVITE')));
    await eventually(
      'the failure',
      () => failure,
      (seen) => seen !== undefined,
    );
    assert.equal((failure as { kind?: string }).kind, 'unavailable');
  });

  it('refuses a session description too large for the server, and sends large ones one after the other', async () => {
    await bench.link();
    const unconfirmed: Frame[] = [];
    bench.script.onSip = (frame) => unconfirmed.push(frame);
    const failures: unknown[] = [];
    let bytes = 5900;
    bench.onInvite = (invite) =>
      invite
        .accept({ sdp: 'v'.repeat(bytes) }, { ended: () => {}, acknowledged: () => {}, requested: () => {} })
        .then(() => undefined)
        .catch((error: unknown) => void failures.push(error));
    for (let call = 0; call < 3; call++) bench.script.send(incoming(message('INVITE', { 'Call-ID': `call-${call}` })));
    for (let call = 0; call < 3; call++) {
      await eventually(
        'one frame',
        () => unconfirmed.length,
        (count) => count === 1,
      );
      const frame = unconfirmed.shift();
      assert.ok(frame);
      assert.equal(unconfirmed.length, 0, 'two large frames at once');
      bench.script.send(`r|response|${frame.id}|NOK|enough seen`);
    }
    await eventually(
      'the failures',
      () => failures.length,
      (count) => count === 3,
    );
    bytes = 12_000;
    bench.script.send(incoming(message('INVITE')));
    await eventually(
      'the refusal',
      () => failures.length,
      (count) => count === 4,
    );
    assert.equal((failures[3] as { kind?: string }).kind, 'too-large');
  });
});
