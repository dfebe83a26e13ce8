/** What Roomline needs to know of a far end's SDP, and the part of it that rtpengine is given. */
import sdpTransform, { type MediaDescription, type SessionDescription } from 'sdp-transform';
import type { AudioFormat, UdpAddress } from './mixer/mixer.js';
import { chooseCodecs, payloadsOf, pcmCodecOf, telephoneEventOf } from './sdp-codecs.js';
import { notAcceptable } from './sdp-error.js';
import { readTransport } from './sdp-transport.js';
import { writeSdp } from './sdp-write.js';

/** How the far end protects its RTP: DTLS-SRTP (browsers), keys in the SDP (SDES), or not at all. */
export type Side = 'browser' | 'sdes' | 'plain';

/** Which way audio flows, seen from whoever wrote the SDP. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** The far end's audio, as its offer or its answer describes it. */
export interface FarAudio {
  readonly side: Side;
  readonly ice: boolean;
  readonly rtcpMux: boolean;
  readonly protocol: string;
  /** As the far end wrote it. */
  readonly direction: Direction;
  /** The far end sends no voice of its own: `sendonly` (music), `inactive`, or the old `c=0.0.0.0`. */
  readonly held: boolean;
  /** rtpengine must transcode to PCMU for the mixer: the far end has neither PCMU nor PCMA. */
  readonly transcoded: boolean;
  /** One audio section with one codec, nothing copied that was not understood: for rtpengine. */
  readonly sdp: string;
  /** Every section of the original, in order, for an answer that must have as many. */
  readonly sections: readonly Section[];
  /** Which of them is the audio taken. */
  readonly index: number;
  readonly bundled: boolean;
}

export interface Section {
  readonly type: string;
  readonly protocol: string;
  readonly payload: string;
  readonly mid: string | undefined;
}

const MAX_SDP_BYTES = 32_768;
const MAX_SECTIONS = 16;

/**
 * Reads a far end's offer or answer.
 * @throws RoomlineError `not-acceptable` for one without audio that can be used, or one that is malformed.
 */
export function readFarSdp(text: string): FarAudio {
  const session = parseSdp(text);
  const index = session.media.findIndex((media) => media.type === 'audio' && media.port !== 0);
  const media = session.media[index];
  if (media === undefined) throw notAcceptable('it has no audio');
  const transport = readTransport(session, media);
  const codecs = chooseCodecs(media);
  const direction = media.direction ?? session.direction ?? 'sendrecv';
  const { side, ice, rtcpMux, protocol, address } = transport;
  return {
    side,
    ice,
    rtcpMux,
    protocol,
    direction,
    held: direction === 'sendonly' || direction === 'inactive' || (!ice && address.address === '0.0.0.0'),
    transcoded: codecs.transcoded,
    sdp: writeSdp({
      address,
      origin: { id: 1, version: 1 },
      media: { ...transport.media, ...codecs.media, direction },
    }),
    sections: session.media.map(readSection),
    index,
    bundled: isBundled(session, media),
  };
}

/** Reads what rtpengine wrote for the mixer: where the anchor is, and the format both agreed on. */
export function readAnchorSdp(text: string): { anchor: UdpAddress; format: AudioFormat } {
  const session = parseSdp(text);
  const media = session.media.find((candidate) => candidate.type === 'audio' && candidate.port !== 0);
  const address = media === undefined ? undefined : (media.connection ?? session.connection)?.ip;
  if (media === undefined || address === undefined) throw notAcceptable('rtpengine left no audio in it');
  const payloadType = payloadsOf(media).find((payload) => pcmCodecOf(media, payload) !== undefined);
  const codec = payloadType === undefined ? undefined : pcmCodecOf(media, payloadType);
  if (payloadType === undefined || codec === undefined) {
    throw notAcceptable('rtpengine left neither PCMU nor PCMA in it');
  }
  const telephoneEventPayloadType = telephoneEventOf(media, 8000);
  const digits = telephoneEventPayloadType === undefined ? {} : { telephoneEventPayloadType };
  return { anchor: { address, port: media.port }, format: { codec, payloadType, ...digits } };
}

function readSection(media: MediaDescription): Section {
  const [payload = '0'] = String(media.payloads).split(' ');
  return {
    type: media.type,
    protocol: media.protocol,
    payload: /^[\w.-]{1,16}$/.test(payload) ? payload : '0',
    mid: media.mid === undefined ? undefined : String(media.mid).slice(0, 64),
  };
}

function isBundled(session: SessionDescription, media: MediaDescription): boolean {
  const bundles = (session.groups ?? []).filter((group) => group.type === 'BUNDLE');
  return media.mid !== undefined && bundles.some(({ mids }) => String(mids).split(' ').includes(String(media.mid)));
}

function parseSdp(text: string): SessionDescription {
  if (Buffer.byteLength(text) > MAX_SDP_BYTES) throw notAcceptable(`it is larger than ${MAX_SDP_BYTES} bytes`);
  if (/[^\P{Cc}\t\r\n]/u.test(text)) throw notAcceptable('it has control characters');
  if (!/^v=0\r?\n/.test(text)) throw notAcceptable('it does not begin with v=0');
  const session = sdpTransform.parse(text);
  if (session.media.length > MAX_SECTIONS) throw notAcceptable(`it has more than ${MAX_SECTIONS} media sections`);
  for (const { type, port, protocol, payloads } of session.media) {
    // The parser leaves out the whole line when a part of it is not what it should be.
    if (type === undefined || protocol === undefined || payloads === undefined || !(port >= 0 && port <= 65_535)) {
      throw notAcceptable('a media line is malformed');
    }
  }
  return session;
}
