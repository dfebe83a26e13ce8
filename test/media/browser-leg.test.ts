import assert from 'node:assert/strict';
import type { Apart, MediaLeg } from '../../gateway/media/media.js';
import { analyse, closeBrowsers, TestBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { MUSIC_HZ, music } from '../support/prompt.js';
import { RtpPhone } from '../support/rtp-phone.js';
import { audioOf, phoneSdp } from '../support/sdp.js';
import { heard } from '../support/signal.js';
import { type OfferOptions, peer, servePeerPage } from './peer-page.js';
import { type RealMedia, startRealMedia } from './real-media.js';

const ROOM = '2000';
const BROWSER_HZ = 440;
const PHONE_HZ = 1000;
const TONES = [BROWSER_HZ, PHONE_HZ, MUSIC_HZ];
/** Lets a browser use loopback on a machine that has no other network: it gathers no candidate otherwise. */
const FLAGS = ['--allow-loopback-in-peer-connection'];

describe("a browser's leg", function () {
  this.timeout(60_000);
  let real: RealMedia;
  let page: { url: string; close(): void };
  const phones: RtpPhone[] = [];
  const legs: MediaLeg[] = [];

  before(async () => {
    real = await startRealMedia({ mixerThreads: 2 });
    page = await servePeerPage();
  });
  afterEach(async () => {
    await Promise.all(legs.splice(0).map((leg) => leg.close()));
    await real.holdsNothing();
    await closeBrowsers();
    await Promise.all(phones.splice(0).map((phone) => phone.close()));
  });
  after(async () => {
    page.close();
    await real.stop();
  });

  async function browserLeg(id: string, options: OfferOptions = {}, room: string | Apart = ROOM) {
    const browser = await TestBrowser.start({ toneHz: BROWSER_HZ, flags: FLAGS });
    await browser.page.goto(page.url);
    const caller = peer(browser.page);
    const leg = await real.media.open(id, room, await caller.offer(options));
    legs.push(leg);
    await caller.answer(leg.sdp);
    await eventually('ICE and DTLS to be up', caller.state, (state) => state === 'connected');
    return { browser, caller, leg };
  }

  async function phoneLeg(id: string): Promise<RtpPhone> {
    const phone = await RtpPhone.open({ frequencyHz: PHONE_HZ, telephoneEventPayloadType: 101 });
    phones.push(phone);
    const leg = await real.media.open(id, ROOM, phoneSdp({ port: phone.address.port }));
    legs.push(leg);
    phone.call(audioOf(leg.sdp));
    return phone;
  }

  /** The phone is in the room, on the mixer's first thread; the browser's leg is on the second. */
  async function entersUnnoticed(phone: RtpPhone, browser: TestBrowser, leg: MediaLeg): Promise<void> {
    const playback = leg.play(music(), { loop: true });
    await browserHears(browser, [MUSIC_HZ]);
    await phoneHears(phone, []);
    await leg.enter(ROOM);
    await browserHears(browser, [PHONE_HZ, MUSIC_HZ]);
    await phoneHears(phone, [BROWSER_HZ]);
    playback.stop();
    await browserHears(browser, [PHONE_HZ]);
    assert.deepEqual([(await real.mixer.stats()).rooms, (await real.mixer.stats()).legs.length], [1, 2]);
  }

  async function browserHears(browser: TestBrowser, wanted: readonly number[]): Promise<void> {
    const listen = () => analyse(browser, TONES);
    await eventually(`the browser to hear ${wanted}`, listen, (found) => String(found) === String(wanted), 15_000);
  }

  async function phoneHears(phone: RtpPhone, wanted: readonly number[]): Promise<void> {
    const listen = async () => heard(await phone.listen(500), TONES);
    const holds = (found: Set<number>) =>
      TONES.every((frequency) => found.has(frequency) === wanted.includes(frequency));
    await eventually(`the phone to hear ${wanted}`, listen, holds, 15_000);
  }

  it('is heard by a phone and hears it, on PCMU over DTLS-SRTP and loopback candidates', async () => {
    const { browser, caller } = await browserLeg('browser');
    const phone = await phoneLeg('phone');
    await phoneHears(phone, [BROWSER_HZ]);
    await browserHears(browser, [PHONE_HZ]);
    const route = await caller.route();
    assert.equal(route.remote, '127.0.0.1');
    assert.equal(route.codec, 'audio/PCMU');
    assert.equal(route.tls, 'FEFD');
  });

  for (const [name, codecs] of [
    ['PCMU', undefined],
    ['opus and its 48 kHz telephone-event', ['opus/48000', 'telephone-event/48000']],
    ['G722', ['G722/8000', 'telephone-event/8000']],
  ] as const) {
    it(`gets its voice and its digits through with ${name}`, async () => {
      const { browser, caller } = await browserLeg('browser', codecs === undefined ? {} : { codecs });
      const phone = await phoneLeg('phone');
      await phoneHears(phone, [BROWSER_HZ]);
      await browserHears(browser, [PHONE_HZ]);
      const digits: string[] = [];
      const stop = real.media.events.on('digit', (event) => digits.push(`${event.leg} ${event.digit}`));
      await caller.press('7');
      await eventually(
        'the digit',
        () => digits,
        (seen) => seen.length > 0,
      );
      await caller.press('#');
      await eventually(
        'the second digit',
        () => digits,
        (seen) => seen.length > 1,
      );
      stop();
      assert.deepEqual(digits, ['browser 7', 'browser #']);
    });
  }

  describe('that we call', () => {
    async function calledLeg(room: string | Apart = ROOM) {
      const browser = await TestBrowser.start({ toneHz: BROWSER_HZ });
      await browser.page.goto(page.url);
      const called = peer(browser.page);
      const leg = await real.media.openOutgoing('called', room, 'browser');
      legs.push(leg);
      const { sdp } = leg;
      const answer = await called.accept(sdp);
      await leg.acceptAnswer(answer);
      await eventually('ICE and DTLS to be up', called.state, (state) => state === 'connected');
      return { browser, called, leg, sdp };
    }

    it('is heard by a phone and hears it, on PCMU, with its digits', async () => {
      const { browser, called, sdp } = await calledLeg();
      const phone = await phoneLeg('phone');
      await phoneHears(phone, [BROWSER_HZ]);
      await browserHears(browser, [PHONE_HZ]);
      assert.equal((await called.route()).codec, 'audio/PCMU');
      assert.match(sdp, /^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0 8 101\r$/m);
      assert.doesNotMatch(sdp, /^a=crypto/m);
      assert.equal(Buffer.byteLength(sdp) < 2_048, true, sdp);
      const digits: string[] = [];
      const stop = real.media.events.on('digit', (event) => digits.push(`${event.leg} ${event.digit}`));
      await called.press('7');
      await eventually(
        'the digit',
        () => digits,
        (seen) => seen.length > 0,
      );
      stop();
      assert.deepEqual(digits, ['called 7']);
    });

    it('notices nothing as it enters a room on another thread, and goes on after an ICE restart', async () => {
      const phone = await phoneLeg('phone');
      const { browser, called, leg } = await calledLeg(null);
      await entersUnnoticed(phone, browser, leg);
      await called.answer(await leg.renegotiate(await called.offer({ restart: true })));
      await eventually('the connection to be up', called.state, (state) => state === 'connected');
      await phoneHears(phone, [BROWSER_HZ]);
      await browserHears(browser, [PHONE_HZ]);
    });

    it('goes on after an ICE restart of its own', async () => {
      const { browser, called, leg } = await calledLeg();
      const phone = await phoneLeg('phone');
      await phoneHears(phone, [BROWSER_HZ]);
      await called.answer(await leg.renegotiate(await called.offer({ restart: true })));
      await eventually('the connection to be up', called.state, (state) => state === 'connected');
      await phoneHears(phone, [BROWSER_HZ]);
      await browserHears(browser, [PHONE_HZ]);
    });

    it('is not taken when it answers as a plain phone', async () => {
      const leg = await real.media.openOutgoing('called', ROOM, 'browser');
      legs.push(leg);
      await assert.rejects(leg.acceptAnswer(phoneSdp({ port: 40_000 })), { kind: 'not-acceptable' });
    });
  });

  for (const [name, options] of [
    ['with its candidates', {}],
    ['without any candidate yet', { hurry: true }],
    ['of opus alone', { codecs: ['opus/48000', 'telephone-event/48000'] }],
  ] as const) {
    it(`notices nothing as it enters a room on another thread after an offer ${name}`, async () => {
      const phone = await phoneLeg('phone');
      const { browser, caller, leg } = await browserLeg('browser', options, null);
      await entersUnnoticed(phone, browser, leg);
      const before = leg.sdp;
      await caller.answer(await leg.renegotiate(await caller.offer()));
      assert.equal(leg.sdp, before);
      await phoneHears(phone, [BROWSER_HZ]);
      await browserHears(browser, [PHONE_HZ]);
    });
  }

  for (const [name, hurry] of [
    ['with its candidates', false],
    ['without any candidate yet', true],
  ] as const) {
    it(`is heard after an offer ${name}, and after an ICE restart like it`, async () => {
      const { browser, caller, leg } = await browserLeg('browser', { hurry });
      const phone = await phoneLeg('phone');
      await phoneHears(phone, [BROWSER_HZ]);
      const ufragBefore = iceUfrag(leg.sdp);
      const offer = await caller.offer({ restart: true, hurry });
      assert.equal(offer.includes('a=candidate'), !hurry);
      await caller.answer(await leg.renegotiate(offer));
      assert.notEqual(iceUfrag(leg.sdp), ufragBefore);
      await eventually('the connection to be up', caller.state, (state) => state === 'connected');
      await phoneHears(phone, [BROWSER_HZ]);
      await browserHears(browser, [PHONE_HZ]);
    });
  }

  it('is silent and hears nothing while it holds, and is back when it resumes', async () => {
    const { browser, caller, leg } = await browserLeg('browser');
    const phone = await phoneLeg('phone');
    await phoneHears(phone, [BROWSER_HZ]);
    await caller.direction('inactive');
    await caller.answer(await leg.renegotiate(await caller.offer()));
    assert.equal(leg.held, true);
    await phoneHears(phone, []);
    await caller.direction('sendrecv');
    await caller.answer(await leg.renegotiate(await caller.offer()));
    assert.equal(leg.held, false);
    await phoneHears(phone, [BROWSER_HZ]);
    await browserHears(browser, [PHONE_HZ]);
  });

  it('is told that its video is not taken', async () => {
    const { browser, leg } = await browserLeg('browser', { withVideo: true });
    assert.match(leg.sdp, /^m=video 0 /m);
    await phoneLeg('phone');
    await browserHears(browser, [PHONE_HZ]);
  });

  it('is answered in less than 2 kB', async () => {
    const { leg } = await browserLeg('browser');
    assert.equal(Buffer.byteLength(leg.sdp) < 2_048, true, leg.sdp);
  });
});

function iceUfrag(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
}
