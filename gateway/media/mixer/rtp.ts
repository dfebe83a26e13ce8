/** RTP headers (RFC 3550 section 5.1), read into and written from objects that are used again and again. */

export const RTP_HEADER_BYTES = 12;

/** One packet's header, filled by `readRtp`. */
export class RtpHeader {
  payloadType = 0;
  marker = false;
  sequence = 0;
  /** As signed numbers, which is all V8 does not box; differences and comparisons are the same. */
  timestamp = 0;
  ssrc = 0;
  payloadStart = 0;
  payloadEnd = 0;
}

/**
 * Reads a packet's header; false for what is not RTP. RTCP on the same port is told apart by its packet type
 * (RFC 5761 section 4: 64 to 95 are no RTP payload types there).
 */
export function readRtp(packet: Uint8Array, header: RtpHeader): boolean {
  const length = packet.length;
  if (length < RTP_HEADER_BYTES) return false;
  const first = byte(packet, 0);
  const second = byte(packet, 1);
  if (first >> 6 !== 2) return false;
  const payloadType = second & 0x7f;
  if (payloadType >= 64 && payloadType <= 95) return false;
  let start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return false;
    start += 4 + 4 * ((byte(packet, start + 2) << 8) | byte(packet, start + 3));
  }
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = byte(packet, length - 1);
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  header.payloadType = payloadType;
  header.marker = (second & 0x80) !== 0;
  header.sequence = (byte(packet, 2) << 8) | byte(packet, 3);
  header.timestamp = readInt32(packet, 4);
  header.ssrc = readInt32(packet, 8);
  header.payloadStart = start;
  header.payloadEnd = end;
  return true;
}

/** Writes a 12-byte header without CSRC, extension and padding. */
export function writeRtp(
  packet: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[0] = 0x80;
  packet[1] = payloadType | (marker ? 0x80 : 0);
  packet[2] = sequence >>> 8;
  packet[3] = sequence;
  writeUint32(packet, 4, timestamp);
  writeUint32(packet, 8, ssrc);
}

function byte(packet: Uint8Array, at: number): number {
  return packet[at] as number;
}

function readInt32(packet: Uint8Array, at: number): number {
  return (byte(packet, at) << 24) | (byte(packet, at + 1) << 16) | (byte(packet, at + 2) << 8) | byte(packet, at + 3);
}

function writeUint32(packet: Uint8Array, at: number, value: number): void {
  packet[at] = value >>> 24;
  packet[at + 1] = value >>> 16;
  packet[at + 2] = value >>> 8;
  packet[at + 3] = value;
}
