import assert from 'node:assert/strict';
import { RtpHeader, readRtp, writeRtp } from '../../../gateway/media/mixer/rtp.js';

function packetOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

const FIXED = '0001 00000002 00000003';

describe('rtp', () => {
  it('reads what it wrote', () => {
    const packet = Buffer.alloc(172);
    writeRtp(packet, 8, true, 65_535, 0xffff_fff0, 0xdead_beef);
    const header = new RtpHeader();
    assert.ok(readRtp(packet, header));
    assert.deepEqual(
      { ...header },
      {
        payloadType: 8,
        marker: true,
        sequence: 65_535,
        timestamp: 0xffff_fff0 | 0,
        ssrc: 0xdead_beef | 0,
        payloadStart: 12,
        payloadEnd: 172,
      },
    );
  });

  it('finds the payload after contributing sources, behind an extension and before padding', () => {
    const header = new RtpHeader();
    const packet = packetOf(`b2 00 ${FIXED} 11111111 22222222 bede 0001 33333333 7788 99 000003`);
    assert.ok(readRtp(packet, header));
    assert.equal(packet.subarray(header.payloadStart, header.payloadEnd).toString('hex'), '778899');
  });

  const malformed: [why: string, hex: string][] = [
    ['is shorter than a header', '80 00 0001'],
    ['has another version', `40 00 ${FIXED} 77`],
    ['is RTCP', `80 c8 ${FIXED} 77`],
    ['promises more contributing sources than it holds', `8f 00 ${FIXED} 11111111`],
    ['has an extension without its length', `90 00 ${FIXED} be`],
    ['has an extension longer than itself', `90 00 ${FIXED} bede ffff 33333333`],
    ['has more padding than payload', `a0 00 ${FIXED} 77 ff`],
    ['has padding of no length', `a0 00 ${FIXED} 77 00`],
  ];
  for (const [why, hex] of malformed) {
    it(`refuses a packet that ${why}`, () => assert.equal(readRtp(packetOf(hex), new RtpHeader()), false));
  }
});
