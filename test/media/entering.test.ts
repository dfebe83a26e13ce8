import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import type { RoomlineError } from '../../gateway/errors.js';
import type { Apart, MediaLeg } from '../../gateway/media/media.js';
import { eventually, within } from '../support/eventually.js';
import { assertHeardOnce, firstSound, MUSIC_HZ, music, prompt } from '../support/prompt.js';
import { RtpPhone, type RtpPhoneOptions } from '../support/rtp-phone.js';
import { audioOf, phoneSdp, type SdpOptions } from '../support/sdp.js';
import { heard } from '../support/signal.js';
import { withoutSkips } from '../support/without-skips.js';
import { freeze, rtpenginesOf } from './linux-processes.js';
import { type RealMedia, startRealMedia } from './real-media.js';

const ROOM = '2000';
const INSIDE_HZ = 440;
const ENTERS_HZ = 1000;
const TONES = [INSIDE_HZ, ENTERS_HZ, MUSIC_HZ];

interface Called {
  phone: RtpPhone;
  leg: MediaLeg;
}

describe('media of legs that are played to', function () {
  this.timeout(60_000);
  let real: RealMedia;
  let count = 0;
  const phones: RtpPhone[] = [];
  const legs: MediaLeg[] = [];

  before(async () => {
    real = await startRealMedia({ mixerThreads: 2 });
  });
  afterEach(async () => {
    await Promise.all(legs.splice(0).map((leg) => leg.close()));
    await Promise.all(phones.splice(0).map((phone) => phone.close()));
    await real.holdsNothing();
  });
  after(() => real.stop());

  async function openPhone(options: RtpPhoneOptions): Promise<RtpPhone> {
    const phone = await RtpPhone.open({ telephoneEventPayloadType: 101, ...options });
    phones.push(phone);
    return phone;
  }

  function sdpOf(phone: RtpPhone, options: Partial<SdpOptions> = {}): string {
    return phoneSdp({ port: phone.address.port, payloads: [phone.payloadType, 101], ...options });
  }

  function keep(leg: MediaLeg): MediaLeg {
    legs.push(leg);
    return leg;
  }

  function newId(): string {
    count++;
    return `leg-${count}`;
  }

  async function call(room: string | Apart, options: RtpPhoneOptions, sdp: Partial<SdpOptions> = {}): Promise<Called> {
    const phone = await openPhone(options);
    const leg = keep(await real.media.open(newId(), room, sdpOf(phone, sdp)));
    phone.call(audioOf(leg.sdp));
    return { phone, leg };
  }

  /** Calls a phone that answers. */
  async function callOut(room: string | Apart, options: RtpPhoneOptions): Promise<Called> {
    const phone = await openPhone(options);
    const leg = keep(await real.media.openOutgoing(newId(), room, 'phone'));
    phone.call(audioOf(leg.sdp));
    await leg.acceptAnswer(sdpOf(phone));
    return { phone, leg };
  }

  async function hears({ phone }: Called, wanted: readonly number[]): Promise<void> {
    const listen = async () => heard(await phone.listen(500), TONES);
    const holds = (found: Set<number>) => TONES.every((hz) => found.has(hz) === wanted.includes(hz));
    await eventually(`a phone to hear ${wanted.join() || 'nothing'}`, listen, holds);
  }

  /** A room on the mixer's first thread; legs opened apart from then on are on the second. */
  function inside(): Promise<Called> {
    return call(ROOM, { frequencyHz: INSIDE_HZ });
  }

  for (const codec of ['PCMU', 'PCMA'] as const) {
    it(`play a prompt to a caller with ${codec} whole, once and as loud as it is, and nobody else hears it`, async () => {
      const other = await inside();
      const caller = await call(null, { codec });
      await caller.phone.hear(10);
      await other.phone.hear(1);
      other.phone.forget();
      const sound = prompt();
      assert.equal(await within('the prompt to end', caller.leg.play(sound).ended), 'played');
      await caller.phone.hear(20);
      assertHeardOnce(withoutSkips(caller.phone), sound, codec);
      assert.equal(firstSound(other.phone.heard()), -1);
    });
  }

  it('tell the key that stops a prompt, and are silent from then on', async () => {
    const caller = await callOut(null, { frequencyHz: ENTERS_HZ });
    const playback = caller.leg.play(music(), { loop: true });
    const digits: string[] = [];
    const unsubscribe = real.media.events.on('digit', ({ leg, digit }) => {
      digits.push(`${leg} ${digit}`);
      playback.stop();
    });
    await hears(caller, [MUSIC_HZ]);
    await caller.phone.sendDigit('1');
    assert.equal(await within('the prompt to end', playback.ended), 'stopped');
    await hears(caller, []);
    unsubscribe();
    assert.deepEqual(digits, [`${caller.leg.id} 1`]);
  });

  it('announce to a room who comes, but not to those excepted or apart', async () => {
    const other = await inside();
    const excepted = await call(ROOM, {});
    const apart = await call(null, {});
    await hears(excepted, [INSIDE_HZ]);
    for (const { phone } of [other, excepted, apart]) phone.forget();
    const sound = prompt();
    real.media.playInRoom(ROOM, sound, [excepted.leg.id]);
    real.media.playInRoom('9999', sound);
    await other.phone.hear(60);
    await Promise.all([excepted, apart].map(({ phone }) => (phone.packets.length < 60 ? phone.hear(20) : undefined)));
    assertHeardOnce(withoutSkips(other.phone), sound);
    assert.deepEqual([...heard(excepted.phone.heard(), [900, 1300, 1700, INSIDE_HZ])], [INSIDE_HZ]);
    assert.equal(firstSound(apart.phone.heard()), -1);
  });

  for (const [name, open] of [
    ['that called', () => call(null, { frequencyHz: ENTERS_HZ })],
    ['that called with PCMA', () => call(null, { frequencyHz: ENTERS_HZ, codec: 'PCMA' })],
    ['that was called', () => callOut(null, { frequencyHz: ENTERS_HZ })],
    [
      'behind NAT, whose address is another than it says',
      () => call(null, { frequencyHz: ENTERS_HZ }, { port: 9, address: '127.0.0.9' }),
    ],
  ] as const) {
    it(`take a phone ${name} into a room on another thread, and it notices nothing`, async () => {
      const other = await inside();
      const entering = await open();
      entering.leg.play(music(), { loop: true });
      await hears(entering, [MUSIC_HZ]);
      await hears(other, []);
      const before = entering.leg.sdp;
      await entering.leg.enter(ROOM);
      await hears(entering, [INSIDE_HZ, MUSIC_HZ]);
      await hears(other, [ENTERS_HZ]);
      assert.equal(entering.phone.packets.at(-1)?.from.port, audioOf(before).port);
      assert.equal(entering.leg.sdp, before);
      const { legs: ports, rooms } = await real.mixer.stats();
      assert.deepEqual([ports.length, rooms], [2, 1]);
      await entering.leg.renegotiate(sdpOf(entering.phone, { version: 2, direction: 'sendonly' }));
      await hears(other, []);
      const after = await entering.leg.renegotiate(sdpOf(entering.phone, { version: 3 }));
      await hears(other, [ENTERS_HZ]);
      assert.equal(audioOf(after).port, audioOf(before).port);
    });
  }

  it('take a leg into a room on its own thread', async () => {
    const entering = await call(null, { frequencyHz: ENTERS_HZ });
    await entering.leg.enter(ROOM);
    const other = await inside();
    await hears(entering, [INSIDE_HZ]);
    await hears(other, [ENTERS_HZ]);
  });

  it('take a leg into a room before what was called answers, and before the ACK has an answer', async () => {
    const other = await inside();
    const called = await openPhone({ frequencyHz: ENTERS_HZ });
    for (const open of [
      () => real.media.openOutgoing(newId(), null, 'phone'),
      () => real.media.openWithoutOffer(newId(), null),
    ]) {
      const leg = keep(await open());
      await leg.enter(ROOM);
      called.call(audioOf(leg.sdp));
      await leg.acceptAnswer(sdpOf(called));
      await hears({ phone: called, leg }, [INSIDE_HZ]);
      assert.equal(called.packets.at(-1)?.from.port, audioOf(leg.sdp).port);
      await hears(other, [ENTERS_HZ]);
      await leg.close();
      await hears(other, []);
    }
  });

  it('take a phone on hold into a room, where it is heard once it resumes', async () => {
    const other = await inside();
    const entering = await call(null, { frequencyHz: ENTERS_HZ });
    await entering.leg.renegotiate(sdpOf(entering.phone, { version: 2, direction: 'sendonly' }));
    await entering.leg.enter(ROOM);
    assert.equal(entering.leg.held, true);
    await hears(other, []);
    entering.phone.forget();
    await hears(other, []);
    assert.equal(entering.phone.packets.length, 0, 'a phone on hold is sent nothing');
    await entering.leg.renegotiate(sdpOf(entering.phone, { version: 3 }));
    await hears(other, [ENTERS_HZ]);
    await hears(entering, [INSIDE_HZ]);
  });

  for (const [name, offer] of [
    ['keys in its SDP', readFileSync(join(PACKAGE_ROOT, 'test', 'data', 'sdp', 'sdes.sdp'), 'utf8')],
    ['only G722', phoneSdp({ port: 40_000, payloads: [9, 101] })],
    ['only G729', phoneSdp({ port: 40_000, payloads: [18] })],
  ] as const) {
    it(`answer a phone with ${name} after it entered as they did before`, async () => {
      await inside();
      const leg = keep(await real.media.open(newId(), null, offer));
      const before = leg.sdp;
      await leg.enter(ROOM);
      assert.equal(await leg.renegotiate(offer), before);
    });
  }

  it('end what they play when they are closed', async () => {
    const { leg } = await call(null, {});
    const playback = leg.play(music(), { loop: true });
    await leg.close();
    assert.equal(await within('the music to end', playback.ended), 'stopped');
    assert.equal(await leg.play(music()).ended, 'stopped');
    await assert.rejects(leg.enter(ROOM), (error: RoomlineError) => error.code === 'leg-closed');
  });

  it('close while they enter', async () => {
    await inside();
    for (let round = 0; round < 5; round++) {
      const { leg } = await call(null, {});
      const entering = leg.enter(ROOM).catch((error: RoomlineError) => error.code);
      await leg.close();
      assert.equal(await entering, 'leg-closed');
    }
    assert.deepEqual(await real.media.counts(), { rtpengineCalls: 1, mixerPorts: 1 });
  });

  it('leave nothing behind after 50 that were apart, entered or not, and left in any order', async () => {
    const open: MediaLeg[] = [];
    for (let round = 0; round < 50; round++) {
      const leg = keep(await real.media.open(newId(), null, phoneSdp({ port: 40_000 })));
      open.push(leg);
      leg.play(music(), { loop: true });
      if (round % 3 !== 0) await leg.enter(String(2000 + (round % 5)));
      if (open.length > 5) await open.splice((round * 7) % open.length, 1)[0]?.close();
    }
    assert.deepEqual(await real.media.counts(), { rtpengineCalls: 5, mixerPorts: 5 });
    await Promise.all(open.map((leg) => leg.close()));
    await real.holdsNothing();
    assert.deepEqual(await real.media.counts(), { rtpengineCalls: 0, mixerPorts: 0 });
  });

  it('let nobody in while rtpengine does not answer, and still close', async () => {
    await inside();
    const { leg } = await call(null, {});
    const [pid = 0] = rtpenginesOf(process.pid);
    await freeze(pid);
    try {
      await assert.rejects(leg.enter(ROOM), (error: RoomlineError) => error.kind === 'unavailable');
      await leg.close();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually('media to be ready', () => real.media.ready(), Boolean);
  });
});
