import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../gateway/config.js';
import { RoomlineError } from '../../gateway/errors.js';
import { readAnchorSdp, readFarSdp } from '../../gateway/media/sdp.js';
import { writeFarSdp, writeMixerSdp, writeReoffer } from '../../gateway/media/sdp-write.js';

const DATA = join(PACKAGE_ROOT, 'test', 'data', 'sdp');
const ORIGIN = { id: 7, version: 1 };

function file(name: string): string {
  return readFileSync(join(DATA, `${name}.sdp`), 'utf8');
}

function lines(sdp: string, start: string): string[] {
  return sdp.split('\r\n').filter((line) => line.startsWith(start));
}

function isNotAcceptable(error: unknown): boolean {
  assert.equal(error instanceof RoomlineError, true, String(error));
  assert.equal((error as RoomlineError).kind, 'not-acceptable');
  return true;
}

describe("a far end's SDP", () => {
  for (const [name, side, ice] of [
    ['browser', 'browser', true],
    ['browser-with-video', 'browser', true],
    ['sdes', 'sdes', false],
    ['plain-prefers-pcma', 'plain', false],
    ['plain-with-ice', 'plain', false],
  ] as const) {
    it(`is taken for ${side}: ${name}`, () => {
      const far = readFarSdp(file(name));
      assert.deepEqual({ side: far.side, ice: far.ice }, { side, ice });
    });
  }

  for (const [name, payloads, transcoded] of [
    ['plain-prefers-pcma', '8 101', false],
    ['plain-without-rtpmap', '8', false],
    ['plain-line-feeds-only', '0 101', false],
    ['plain-wideband-before-pcmu', '0 101', false],
    ['plain-wideband-only', '9 101', true],
    ['plain-g729-only', '18', true],
    ['plain-opus-only', '96 97', true],
    ['browser', '0 126', false],
  ] as const) {
    it(`is cut to one codec and its digits${transcoded ? ', to be transcoded' : ''}: ${name}`, () => {
      const far = readFarSdp(file(name));
      assert.equal(far.transcoded, transcoded);
      assert.equal(lines(far.sdp, 'm=')[0]?.split(' ').slice(3).join(' '), payloads);
      assert.equal(lines(far.sdp, 'a=rtpmap').length, payloads.split(' ').length);
    });
  }

  for (const [name, direction, held] of [
    ['plain-prefers-pcma', 'sendrecv', false],
    ['hold-sendonly', 'sendonly', true],
    ['hold-sendonly-for-session', 'sendonly', true],
    ['hold-inactive', 'inactive', true],
    ['hold-address-zero', 'sendrecv', true],
    ['listens-only', 'recvonly', false],
    ['browser', 'sendrecv', false],
  ] as const) {
    it(`is ${held ? 'on hold' : 'not on hold'}: ${name}`, () => {
      const far = readFarSdp(file(name));
      assert.deepEqual({ direction: far.direction, held: far.held }, { direction, held });
    });
  }

  it('of a browser that still gathers candidates is not on hold for its unknown address', () => {
    const gathering = file('browser')
      .replace('c=IN IP4 192.0.2.2', 'c=IN IP4 0.0.0.0')
      .replace(/^a=candidate.*\r\n/gm, '');
    const far = readFarSdp(gathering);
    assert.equal(far.held, false);
    assert.match(far.sdp, /^m=audio 9 /m);
  });

  it('of a browser may name an IPv6 address where it has an IPv4 candidate', () => {
    const far = readFarSdp(file('browser').replace('c=IN IP4 192.0.2.2', 'c=IN IP6 fd00::2'));
    assert.deepEqual(lines(far.sdp, 'c='), ['c=IN IP4 192.0.2.2']);
  });

  it('reaches rtpengine with IPv4 candidates only', () => {
    const hidden = file('browser').replace('1 udp 2122194687 192.0.2.2 34427', '1 udp 2122194687 0bd4-5e.local 34427');
    assert.equal(lines(readFarSdp(file('browser')).sdp, 'a=candidate').length, 1);
    assert.equal(lines(readFarSdp(hidden).sdp, 'a=candidate').length, 0);
  });

  it('reaches rtpengine without what was not understood', () => {
    const { sdp } = readFarSdp(file('browser-with-video'));
    assert.doesNotMatch(sdp, /extmap|msid|ssrc|rtcp-fb|video|group|trickle|opus/);
    assert.equal(lines(sdp, 'm=').length, 1);
  });

  it('cannot smuggle a line in by a lone carriage return', () => {
    const { sdp } = readFarSdp(
      file('plain-prefers-pcma').replace('0-16', '0-16\ra=candidate:1 1 UDP 1 192.0.2.99 9 typ host'),
    );
    assert.doesNotMatch(sdp, /192\.0\.2\.99/);
    for (const line of sdp.split('\r\n')) assert.doesNotMatch(line, /[\r\n]/);
  });

  it('with several audio sections has the first that has a port taken', () => {
    const far = readFarSdp(file('second-audio-and-image'));
    assert.equal(far.index, 2);
    assert.deepEqual(
      far.sections.map(({ type }) => type),
      ['image', 'audio', 'audio', 'audio'],
    );
  });

  for (const name of readdirSync(join(DATA, 'refused'))) {
    it(`is refused as not acceptable: ${name.replace('.sdp', '').replaceAll('-', ' ')}`, () => {
      assert.throws(() => readFarSdp(readFileSync(join(DATA, 'refused', name), 'utf8')), isNotAcceptable);
    });
  }

  it('is refused when it has 100 kB', () => {
    const large = file('plain-prefers-pcma') + 'a=tool:x\r\n'.repeat(10_240);
    assert.throws(() => readFarSdp(large), isNotAcceptable);
  });

  it('is either read or refused, whatever is cut off or garbled', () => {
    for (const name of ['browser-with-video', 'sdes', 'second-audio-and-image']) {
      const whole = file(name);
      for (let at = 0; at < whole.length; at += 7) {
        for (const text of [whole.slice(0, at), `${whole.slice(0, at)}\u{1f4a5}=%s ${whole.slice(at + 3)}`]) {
          try {
            readFarSdp(text);
          } catch (error) {
            isNotAcceptable(error);
          }
        }
      }
    }
  });
});

describe("the mixer's SDP", () => {
  const address = { address: '127.0.0.1', port: 45_678 };

  it('offers both codecs and the digits', () => {
    const formats = [
      { codec: 'PCMU', payloadType: 0, telephoneEventPayloadType: 101 },
      { codec: 'PCMA', payloadType: 8, telephoneEventPayloadType: 101 },
    ] as const;
    const sdp = writeMixerSdp({ address, origin: ORIGIN, formats, direction: 'sendrecv' });
    assert.deepEqual(lines(sdp, 'm='), ['m=audio 45678 RTP/AVP 0 8 101']);
    assert.deepEqual(lines(sdp, 'a=rtpmap'), [
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
    ]);
    assert.deepEqual(lines(sdp, 'a=ptime'), ['a=ptime:20']);
  });

  it('has no digits where the far end has none', () => {
    const formats = [{ codec: 'PCMA', payloadType: 8 }] as const;
    const sdp = writeMixerSdp({ address, origin: ORIGIN, formats, direction: 'recvonly' });
    assert.deepEqual(lines(sdp, 'm='), ['m=audio 45678 RTP/AVP 8']);
    assert.deepEqual(lines(sdp, 'a=fmtp'), []);
  });

  it('reads back as it was written', () => {
    const format = { codec: 'PCMA', payloadType: 8, telephoneEventPayloadType: 96 } as const;
    const sdp = writeMixerSdp({ address, origin: ORIGIN, formats: [format], direction: 'sendrecv' });
    assert.deepEqual(readAnchorSdp(sdp), { anchor: address, format });
  });
});

describe('the SDP for the far end', () => {
  const anchorSdp = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=msid-semantic: WMS x',
    'm=audio 31000 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 127.0.0.1',
    'a=rtpmap:0 PCMU/8000',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'a=ssrc:1 cname:x',
    'a=setup:active',
    'a=sendrecv',
    '',
  ].join('\r\n');

  it('answers every section offered, the others with port 0', () => {
    const sdp = writeFarSdp(anchorSdp, ORIGIN, readFarSdp(file('second-audio-and-image')));
    assert.deepEqual(
      lines(sdp, 'm=').map((line) => line.split(' ').slice(0, 2).join(' ')),
      ['m=image 0', 'm=audio 0', 'm=audio 31000', 'm=audio 0'],
    );
  });

  it('bundles the audio alone where the far end bundles', () => {
    const sdp = writeFarSdp(anchorSdp, ORIGIN, readFarSdp(file('browser-with-video')));
    assert.deepEqual(lines(sdp, 'a=group'), ['a=group:BUNDLE 0']);
    assert.deepEqual(lines(sdp, 'm=video'), ['m=video 0 UDP/TLS/RTP/SAVPF 96']);
  });

  it("has none of rtpengine's leftovers", () => {
    const sdp = writeFarSdp(anchorSdp, ORIGIN, readFarSdp(file('browser')));
    assert.doesNotMatch(sdp, /extmap|ssrc|msid/);
  });

  it('offers both ways and either DTLS role when it is made an offer again', () => {
    const answered = writeFarSdp(anchorSdp.replace('sendrecv', 'recvonly'), ORIGIN, readFarSdp(file('browser')));
    const offer = writeReoffer(answered, { id: 7, version: 2 });
    assert.deepEqual(lines(offer, 'a=setup'), ['a=setup:actpass']);
    assert.deepEqual(lines(offer, 'a=sendrecv'), ['a=sendrecv']);
    assert.deepEqual(lines(offer, 'o='), ['o=- 7 2 IN IP4 127.0.0.1']);
  });
});
