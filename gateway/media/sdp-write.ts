/** Writes SDPs: small ones, with nothing in them that was not understood. */
import sdpTransform, { type MediaDescription, type SessionDescription } from 'sdp-transform';
import type { AudioFormat, UdpAddress } from './mixer/mixer.js';
import type { Direction, FarAudio, Section } from './sdp.js';

/** The o= line's session: one id for a leg's life, and a version that goes up with every change (RFC 3264 section 8). */
export interface Origin {
  readonly id: number;
  readonly version: number;
}

type AudioSection = Partial<MediaDescription> & Pick<MediaDescription, 'protocol' | 'rtp' | 'fmtp' | 'payloads'>;

const PTIME_MS = 20;
const DIGITS = '0-15';

export function writeSdp(options: { address: UdpAddress; origin: Origin; media: AudioSection }): string {
  const { address, origin, media } = options;
  return sdpTransform.write({
    ...sessionPart(address.address, origin),
    media: [{ ...media, type: 'audio', port: address.port }],
  });
}

/** The mixer's own SDP: plain RTP, to answer with or to offer. */
export function writeMixerSdp(options: {
  address: UdpAddress;
  origin: Origin;
  formats: readonly AudioFormat[];
  direction: Direction;
}): string {
  const { address, origin, formats, direction } = options;
  const digits = formats[0]?.telephoneEventPayloadType;
  const rtp = formats.map(({ codec, payloadType }) => ({ payload: payloadType, codec, rate: 8000 }));
  if (digits !== undefined) rtp.push({ payload: digits, codec: 'telephone-event' as 'PCMU', rate: 8000 });
  const media: AudioSection = {
    protocol: 'RTP/AVP',
    payloads: rtp.map(({ payload }) => payload).join(' '),
    rtp,
    fmtp: digits === undefined ? [] : [{ payload: digits, config: DIGITS }],
    ptime: PTIME_MS,
    direction,
  };
  return writeSdp({ address, origin, media });
}

/**
 * Makes what rtpengine wrote fit for the far end: the attributes it needs and no others, and, in an answer, a
 * rejected section for each one offered that is not the audio taken (RFC 3264 section 6).
 */
export function writeFarSdp(anchorSdp: string, origin: Origin, far?: FarAudio): string {
  const session = sdpTransform.parse(anchorSdp);
  const audio = session.media.find((media) => media.type === 'audio' && media.port !== 0);
  const address = (audio?.connection ?? session.connection)?.ip;
  if (audio === undefined || address === undefined) throw new Error('rtpengine wrote an SDP without audio');
  const taken = keepKnown(session, audio);
  const mid = far?.sections[far.index]?.mid;
  return sdpTransform.write({
    ...sessionPart(address, origin),
    ...(far?.bundled === true && mid !== undefined ? { groups: [{ type: 'BUNDLE', mids: mid }] } : {}),
    media:
      far === undefined ? [taken] : far.sections.map((section, at) => (at === far.index ? taken : reject(section))),
  });
}

/** Our last SDP made an offer: audio both ways, and either DTLS role (RFC 5763 section 5). */
export function writeReoffer(sdp: string, origin: Origin): string {
  const session = sdpTransform.parse(sdp);
  return sdpTransform.write({
    ...session,
    origin: { ...session.origin, sessionId: origin.id, sessionVersion: origin.version },
    media: session.media.map((media) =>
      media.port === 0
        ? media
        : { ...media, direction: 'sendrecv', ...(media.setup === undefined ? {} : { setup: 'actpass' }) },
    ),
  });
}

function keepKnown(session: SessionDescription, audio: MediaDescription): MediaDescription {
  const { type, port, protocol, payloads, rtp, fmtp, mid, rtcp, rtcpMux, crypto, candidates, endOfCandidates } = audio;
  const kept: MediaDescription = {
    type,
    port,
    protocol,
    payloads: String(payloads),
    rtp,
    fmtp,
    mid,
    rtcp,
    rtcpMux,
    crypto,
    candidates,
    endOfCandidates,
    direction: audio.direction ?? session.direction,
    ptime: PTIME_MS,
    iceUfrag: audio.iceUfrag ?? session.iceUfrag,
    icePwd: audio.icePwd ?? session.icePwd,
    fingerprint: audio.fingerprint ?? session.fingerprint,
    setup: audio.setup ?? session.setup,
  };
  return kept;
}

function reject({ type, protocol, payload, mid }: Section): MediaDescription {
  return {
    type,
    port: 0,
    protocol,
    payloads: payload,
    rtp: [],
    fmtp: [],
    direction: 'inactive',
    ...(mid === undefined ? {} : { mid }),
  };
}

function sessionPart(address: string, origin: Origin): Omit<SessionDescription, 'media'> {
  return {
    version: 0,
    origin: {
      username: '-',
      sessionId: origin.id,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer: 4,
      address,
    },
    name: '-',
    connection: { version: 4, ip: address },
    timing: { start: 0, stop: 0 },
  };
}
