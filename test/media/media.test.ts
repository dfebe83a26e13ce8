import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import type { RoomlineError } from '../../gateway/errors.js';
import type { MediaLeg } from '../../gateway/media/media.js';
import { eventually, within } from '../support/eventually.js';
import { RtpPhone, type RtpPhoneOptions } from '../support/rtp-phone.js';
import { audioOf, phoneSdp, type SdpOptions } from '../support/sdp.js';
import { heard } from '../support/signal.js';
import { freeze, rtpenginesOf } from './linux-processes.js';
import { type RealMedia, startRealMedia } from './real-media.js';

const ROOM = '2000';
const ALICE_HZ = 440;
const BOB_HZ = 1000;
const TONES = [ALICE_HZ, BOB_HZ];

describe('media of legs', function () {
  this.timeout(60_000);
  let real: RealMedia;
  let count = 0;
  const phones: RtpPhone[] = [];

  before(async () => {
    real = await startRealMedia();
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((phone) => phone.close()));
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

  async function call(options: RtpPhoneOptions): Promise<{ phone: RtpPhone; leg: MediaLeg }> {
    const phone = await openPhone(options);
    const leg = await real.media.open(newId(), ROOM, sdpOf(phone));
    phone.call(audioOf(leg.sdp));
    return { phone, leg };
  }

  function newId(): string {
    count++;
    return `leg-${count}`;
  }

  async function hears(phone: RtpPhone, wanted: readonly number[]): Promise<void> {
    const listen = async () => heard(await phone.listen(500), TONES);
    const holds = (found: Set<number>) => TONES.every((hz) => found.has(hz) === wanted.includes(hz));
    await eventually(`a phone to hear ${wanted.join() || 'nothing'}`, listen, holds);
  }

  function version(sdp: string): number {
    return Number(/^o=\S+ \S+ (\d+) /m.exec(sdp)?.[1]);
  }

  it('let a PCMU phone and a PCMA phone hear each other and not themselves', async () => {
    const alice = await call({ frequencyHz: ALICE_HZ });
    const bob = await call({ frequencyHz: BOB_HZ, codec: 'PCMA' });
    await hears(alice.phone, [BOB_HZ]);
    await hears(bob.phone, [ALICE_HZ]);
    assert.deepEqual(audioOf(alice.leg.sdp).payloads, [0, 101]);
    assert.deepEqual(audioOf(bob.leg.sdp).payloads, [8, 101]);
    await Promise.all([alice.leg.close(), bob.leg.close()]);
    await real.holdsNothing();
  });

  it('pass a key pressed on', async () => {
    const alice = await call({ frequencyHz: ALICE_HZ });
    const digits: string[] = [];
    const stop = real.media.events.on('digit', ({ leg, digit }) => digits.push(`${leg} ${digit}`));
    await alice.phone.hear(5);
    await alice.phone.sendDigit('5');
    await eventually(
      'the digit',
      () => digits,
      (seen) => seen.length > 0,
    );
    stop();
    assert.deepEqual(digits, [`${alice.leg.id} 5`]);
    await alice.leg.close();
  });

  for (const [name, held] of [
    ['sendonly', { direction: 'sendonly' }],
    ['inactive', { direction: 'inactive' }],
    ['c=0.0.0.0', { address: '0.0.0.0' }],
  ] as const) {
    it(`keep out the music of a phone on hold by ${name} until it resumes`, async () => {
      const alice = await call({ frequencyHz: ALICE_HZ });
      const bob = await call({ frequencyHz: BOB_HZ });
      await hears(bob.phone, [ALICE_HZ]);
      const answer = await alice.leg.renegotiate(sdpOf(alice.phone, { ...held, version: 2 }));
      assert.equal(alice.leg.held, true);
      assert.notEqual(audioOf(answer).direction, 'sendonly');
      await hears(bob.phone, []);
      alice.phone.forget();
      await hears(bob.phone, []);
      assert.equal(alice.phone.packets.length, 0, 'a phone on hold is sent nothing');
      await alice.leg.renegotiate(sdpOf(alice.phone, { version: 3 }));
      assert.equal(alice.leg.held, false);
      await hears(bob.phone, [ALICE_HZ]);
      await hears(alice.phone, [BOB_HZ]);
      await Promise.all([alice.leg.close(), bob.leg.close()]);
    });
  }

  it('follow a phone to another address and codec', async () => {
    const alice = await call({ frequencyHz: ALICE_HZ });
    const bob = await call({ frequencyHz: BOB_HZ });
    await hears(bob.phone, [ALICE_HZ]);
    const moved = await openPhone({ frequencyHz: ALICE_HZ, codec: 'PCMA' });
    const answer = await alice.leg.renegotiate(sdpOf(moved, { version: 2 }));
    await alice.phone.close();
    phones.splice(phones.indexOf(alice.phone), 1);
    moved.call(audioOf(answer));
    assert.deepEqual(audioOf(answer).payloads, [8, 101]);
    await hears(moved, [BOB_HZ]);
    await hears(bob.phone, [ALICE_HZ]);
    await Promise.all([alice.leg.close(), bob.leg.close()]);
  });

  it('offer themselves where the far end did not', async () => {
    const bob = await call({ frequencyHz: BOB_HZ });
    const alice = await openPhone({ frequencyHz: ALICE_HZ, codec: 'PCMA' });
    const leg = await real.media.openWithoutOffer(newId(), ROOM);
    assert.deepEqual(audioOf(leg.sdp).payloads, [0, 8, 101]);
    alice.call(audioOf(leg.sdp));
    await leg.acceptAnswer(sdpOf(alice));
    await hears(alice, [BOB_HZ]);
    await hears(bob.phone, [ALICE_HZ]);
    await leg.renegotiate(sdpOf(alice, { version: 2, direction: 'inactive' }));
    await hears(bob.phone, []);
    await Promise.all([leg.close(), bob.leg.close()]);
    await real.holdsNothing();
  });

  it('refuse an answer to what they did not offer, and still close', async () => {
    const leg = await real.media.openWithoutOffer(newId(), ROOM);
    await assert.rejects(
      leg.acceptAnswer(phoneSdp({ port: 40_000, payloads: [9] })),
      (error: RoomlineError) => error.kind === 'not-acceptable',
    );
    await leg.close();
    await real.holdsNothing();
  });

  it('give the session version up with each change, and only then', async () => {
    const { phone, leg } = await call({});
    const first = leg.sdp;
    assert.equal(await leg.renegotiate(sdpOf(phone, { version: 2 })), first);
    const held = await leg.renegotiate(sdpOf(phone, { version: 3, direction: 'sendonly' }));
    assert.equal(version(held), version(first) + 1);
    assert.equal(audioOf(held).direction, 'recvonly');
    const offer = leg.offerAgain();
    assert.equal(version(offer), version(first) + 2);
    assert.equal(audioOf(offer).direction, 'sendrecv');
    assert.equal(leg.sdp, offer);
    await leg.close();
  });

  it('answer a phone with keys in its SDP with keys of their own', async () => {
    const sdp = readFileSync(join(PACKAGE_ROOT, 'test', 'data', 'sdp', 'sdes.sdp'), 'utf8');
    const leg = await real.media.open(newId(), ROOM, sdp);
    assert.match(leg.sdp, /^m=audio \d+ RTP\/SAVP 0 101\r$/m);
    assert.match(leg.sdp, /^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\S{40}/m);
    await leg.close();
  });

  for (const payloads of [[9, 101], [18], [9]]) {
    it(`answer a phone that has payload types ${payloads.join(' ')} only with the same`, async () => {
      const leg = await real.media.open(newId(), ROOM, phoneSdp({ port: 40_000, payloads }));
      assert.deepEqual(audioOf(leg.sdp).payloads, payloads);
      await leg.close();
    });
  }

  it('hold nothing for an offer that cannot be used', async () => {
    await assert.rejects(
      real.media.open(newId(), ROOM, phoneSdp({ port: 40_000, payloads: [101] })),
      (error: RoomlineError) => error.kind === 'not-acceptable',
    );
    await real.holdsNothing();
  });

  it('go on as they were after a re-INVITE that cannot be used', async () => {
    const alice = await call({ frequencyHz: ALICE_HZ });
    const bob = await call({ frequencyHz: BOB_HZ });
    const before = alice.leg.sdp;
    await assert.rejects(alice.leg.renegotiate(phoneSdp({ port: 0 })));
    assert.equal(alice.leg.sdp, before);
    await hears(bob.phone, [ALICE_HZ]);
    await Promise.all([alice.leg.close(), bob.leg.close()]);
  });

  it('refuse an id that is in use', async () => {
    const { leg, phone } = await call({});
    await assert.rejects(
      real.media.open(leg.id, ROOM, sdpOf(phone)),
      (error: RoomlineError) => error.kind === 'conflict',
    );
    await leg.close();
    await real.holdsNothing();
  });

  it('leave nothing behind after 50 that came and went in any order', async () => {
    const open: MediaLeg[] = [];
    for (let round = 0; round < 50; round++) {
      open.push(await real.media.open(newId(), String(2000 + (round % 3)), phoneSdp({ port: 40_000 })));
      if (open.length > 5) {
        const [leaving] = open.splice((round * 7) % open.length, 1);
        await leaving?.close();
      }
    }
    assert.deepEqual(await real.media.counts(), { rtpengineCalls: 5, mixerPorts: 5 });
    await Promise.all(open.map((leg) => leg.close()));
    await real.holdsNothing();
    assert.deepEqual(await real.media.counts(), { rtpengineCalls: 0, mixerPorts: 0 });
  });

  it('close once however often they are closed, and while they renegotiate', async () => {
    const { leg, phone } = await call({});
    const renegotiated = leg.renegotiate(sdpOf(phone, { version: 2, direction: 'sendonly' }));
    const outcome = assert.rejects(renegotiated, (error: RoomlineError) => error.code === 'leg-closed');
    await Promise.all([leg.close(), leg.close(), outcome]);
    await leg.close();
    await real.holdsNothing();
    await assert.rejects(leg.renegotiate(sdpOf(phone)), (error: RoomlineError) => error.code === 'leg-closed');
  });
});

describe('media whose parts fail', function () {
  this.timeout(60_000);
  let real: RealMedia;
  beforeEach(async () => {
    real = await startRealMedia();
  });
  afterEach(() => real.stop());

  it('say of every leg that it is lost when rtpengine is killed, and take calls again when it is back', async () => {
    const legs = [
      await real.media.open('one', ROOM, phoneSdp({ port: 40_000 })),
      await real.media.open('two', ROOM, phoneSdp({ port: 40_002 })),
    ];
    const lost: string[] = [];
    real.media.events.on('lost', ({ leg }) => lost.push(leg));
    const [pid = 0] = rtpenginesOf(process.pid);
    process.kill(pid, 'SIGKILL');
    await eventually(
      'both legs to be lost',
      () => lost,
      (seen) => seen.length > 1,
    );
    assert.deepEqual(lost.sort(), ['one', 'two']);
    await Promise.all(legs.map((leg) => leg.close()));
    await eventually('media to be ready', () => real.media.ready(), Boolean);
    await real.holdsNothing();
    const leg = await real.media.open('one', ROOM, phoneSdp({ port: 40_000 }));
    await leg.close();
  });

  it('are lost, and come back, when rtpengine hangs', async () => {
    const leg = await real.media.open('one', ROOM, phoneSdp({ port: 40_000 }));
    const lost: string[] = [];
    real.media.events.on('lost', (event) => lost.push(event.leg));
    const [pid = 0] = rtpenginesOf(process.pid);
    await freeze(pid);
    await eventually(
      'the leg to be lost',
      () => lost,
      (seen) => seen.length > 0,
      25_000,
    );
    await leg.close();
    await eventually('media to be ready', () => real.media.ready(), Boolean);
    assert.notDeepEqual(rtpenginesOf(process.pid), [pid]);
  });

  it('say of a leg that it is lost when its mixer thread dies', async () => {
    const leg = await real.media.open('one', ROOM, phoneSdp({ port: 40_000 }));
    const lost: string[] = [];
    real.media.events.on('lost', (event) => lost.push(event.leg));
    real.mixer.events.emit('lost', { legs: ['one', 'unknown'] });
    real.mixer.events.emit('lost', { legs: ['one'] });
    assert.deepEqual(lost, ['one']);
    await leg.close();
    await real.holdsNothing();
  });

  it('are unavailable, and hold no port, while rtpengine does not answer', async () => {
    const [pid = 0] = rtpenginesOf(process.pid);
    await freeze(pid);
    await assert.rejects(
      real.media.open('one', ROOM, phoneSdp({ port: 40_000 })),
      (error: RoomlineError) => error.kind === 'unavailable',
    );
    assert.equal(await real.media.ready(), false);
    assert.deepEqual((await real.mixer.stats()).legs, []);
    process.kill(pid, 'SIGCONT');
    await eventually('media to be ready', () => real.media.ready(), Boolean);
    await real.holdsNothing();
  });

  it('close what was about to open when they are stopped', async () => {
    const opening = Array.from({ length: 5 }, (_, index) => {
      return real.media.open(`leg-${index}`, ROOM, phoneSdp({ port: 40_000 + 2 * index }));
    });
    const settled = Promise.allSettled(opening);
    await within('media to stop', real.media.stop());
    for (const outcome of await settled) assert.equal(outcome.status, 'rejected');
    await real.holdsNothing();
    await assert.rejects(
      real.media.open('late', ROOM, phoneSdp({ port: 40_000 })),
      (error: RoomlineError) => error.code === 'stopping',
    );
  });

  it('end rtpengine even when it does not react', async () => {
    const [pid = 0] = rtpenginesOf(process.pid);
    await freeze(pid);
    await real.stop();
    assert.deepEqual(rtpenginesOf(process.pid), []);
  });
});
