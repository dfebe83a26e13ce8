import assert from 'node:assert/strict';
import { Baresip } from '../support/baresip.js';
import { closeBrowsers } from '../support/browser.js';
import { Caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { portStretch } from '../support/free-port.js';
import { NOTHING_HELD, TestGateway } from '../support/gateway.js';
import { hearsExactly } from '../support/hearing.js';
import { describeWithNetworks, NetworkNamespace } from '../support/network-namespace.js';
import { freeze } from '../support/process-tree.js';
import type { RoomEvents } from '../support/room-events.js';
import { Softphone } from '../support/softphone.js';
import { toneFile } from '../support/tone-file.js';

/** How long somebody who is gone may stay in the room. */
const GONE_MS = 30_000;
const TONE = { stayer: 500, killedBrowser: 900, frozenBrowser: 1300, killedPhone: 1700, silenced: 2100 } as const;
const TONES = Object.values(TONE);

describe('who is torn off', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  let number: string;
  let events: RoomEvents;
  let stayer: Caller;
  let silent: Caller;
  let silenced: Caller;
  let vanished: Caller;
  let frozen: Softphone;
  const ids = new Map<string, string>();

  /** Lets somebody in and remembers which participant that is. */
  const enter = async (name: string, user: string, dial: () => Promise<unknown>) => {
    const before = new Set(events.seen.map(({ data }) => data.participant?.id));
    await dial();
    const joined = await events.find(`${name} joining`, ({ name: event, data }) => {
      return event === 'participant.joined' && data.participant?.user === user && !before.has(data.participant.id);
    });
    ids.set(name, joined.data.participant?.id ?? '');
  };
  const gone = (name: string) =>
    events.find(
      `${name} leaving`,
      (event) => event.name === 'participant.left' && event.data.participant?.id === ids.get(name),
      GONE_MS,
    );

  before(async () => {
    gateway = await TestGateway.start();
    number = await gateway.api.roomNumber('alice', 'engineering');
    events = await gateway.api.events('alice', number);
    const server = gateway.sip;
    frozen = await Softphone.start(gateway.httpUrl, 'carol', { toneHz: TONE.frozenBrowser });
    const [killed, phone] = await Promise.all([
      Softphone.start(gateway.httpUrl, 'alice', { toneHz: TONE.killedBrowser }),
      Baresip.start({ server, user: 'dave', password: 'dave-demo', microphone: toneFile(TONE.killedPhone, 60) }),
    ]);
    await phone.registered();
    stayer = await Caller.open(number, { server, user: 'bob', rtp: { frequencyHz: TONE.stayer } });
    silent = await Caller.open(number, { server, user: 'bob' });
    silenced = await Caller.open(number, { server, user: 'bob', rtp: { frequencyHz: TONE.silenced } });
    vanished = await Caller.open(number, { server, user: 'bob', transport: 'tcp' });
    for (const { phone: registering } of [stayer, silenced, vanished]) {
      assert.equal((await registering.register()).status, 200);
    }
    await enter('the killed browser', 'alice', () => killed.enter('engineering'));
    await enter('the frozen browser', 'carol', () => frozen.enter('engineering'));
    await enter('the killed phone', 'dave', () => phone.dial(number));
    await enter('the stayer', 'bob', () => stayer.dial());
    await enter('the silent phone', 'bob', () => silent.dial());
    await enter('the silenced phone', 'bob', () => silenced.dial());
    await enter('the vanished phone', 'bob', () => vanished.dial());
    await hearsExactly('the stayer', stayer.rtp, [900, 1300, 1700, 2100], TONES);
    await gateway.holds({ legs: 7, participants: 7, rtpengineCalls: 7, mixerPorts: 7, contactBindings: 6 });

    silent.rtp.sending = false;
    silenced.phone.answers = false;
    silenced.rtp.sending = false;
    freeze(frozen.browser.pid);
    await Promise.all([killed.browser.kill(), phone.kill(), vanished.vanish()]);
  });

  after(async () => {
    events?.close();
    for (const caller of [stayer, silent, silenced, vanished]) await caller?.close();
    // Frozen, it would never close its page.
    await frozen?.browser.kill();
    await closeBrowsers();
    await gateway?.stop();
  });

  for (const name of [
    'the killed browser',
    'the killed phone',
    'the frozen browser',
    'the silenced phone',
    'the vanished phone',
  ]) {
    it(`leaves the room: ${name}`, async () => {
      await gone(name);
    });
  }

  it('leaves nothing behind: no leg, no port, nothing in rtpengine, no contact that is dead', async () => {
    await gateway.holds({ legs: 2, participants: 2, rtpengineCalls: 2, mixerPorts: 2 }, GONE_MS);
    await gateway.holds({ contactBindings: 1 });
  });

  it('is not who only says nothing: that one stays as long as their phone answers', async () => {
    const asked = () => silent.phone.received.filter(({ method }) => method === 'OPTIONS').length;
    await eventually('the silent phone to be asked twice', asked, (times) => times >= 2, 2 * GONE_MS);
    const { participants } = await gateway.api.room('alice', number);
    assert.deepEqual(
      participants.map(({ id }) => id).sort(),
      [ids.get('the silent phone'), ids.get('the stayer')].sort(),
    );
    silent.rtp.sending = true;
    await hearsExactly('the silent phone', silent.rtp, [TONE.stayer], TONES);
  });
});

describeWithNetworks('a phone whose network is cut', function () {
  this.timeout(120_000);
  const networks: NetworkNamespace[] = [];
  const phones: Baresip[] = [];
  let gateway: TestGateway;

  after(async () => {
    for (const phone of phones) await phone.kill();
    await gateway?.stop();
    for (const network of networks) network.remove();
  });

  it('leaves the room and its contact is forgotten, be it on UDP or TCP', async () => {
    const network = NetworkNamespace.create();
    networks.push(network);
    // Off loopback a gateway takes all of its range, and phones of other tests may have a port of it.
    gateway = await TestGateway.start(() => {
      const { first, last } = portStretch(400);
      return { ROOMLINE_HOST: network.hostAddress, ROOMLINE_RTP_PORTS: `${first}-${last}` };
    });
    const number = await gateway.api.roomNumber('alice', 'engineering');
    const server = gateway.sip;
    for (const [user, transport, toneHz] of [
      ['alice', 'udp', 500],
      ['bob', 'tcp', 900],
    ] as const) {
      const microphone = toneFile(toneHz, 60);
      const phone = await Baresip.start({ server, user, password: `${user}-demo`, microphone, transport, network });
      phones.push(phone);
      await phone.registered();
      await phone.dial(number);
    }
    await hearsExactly('alice', phones[0] as Baresip, [900], [500, 900]);
    await gateway.holds({ legs: 2, participants: 2, contactBindings: 2 });
    network.cut();
    await gateway.holds(NOTHING_HELD, GONE_MS);
    // Registered phones are asked every 15 s, and have 8 s to answer.
    await gateway.holds({ contactBindings: 0 });
  });
});
