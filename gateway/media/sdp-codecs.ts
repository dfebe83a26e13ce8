/** Which codecs of an offered audio section are taken. */
import type { MediaDescription } from 'sdp-transform';
import { notAcceptable } from './sdp-error.js';

export interface CodecChoice {
  /** Neither PCMU nor PCMA: rtpengine turns it into PCMU. */
  readonly transcoded: boolean;
  /** The payload types taken, with what describes them, and nothing else. */
  readonly media: Pick<MediaDescription, 'payloads' | 'rtp' | 'fmtp'>;
}

interface Codec {
  readonly payload: number;
  readonly name: string;
  readonly rate: number;
  readonly channels?: number | undefined;
}

/** RFC 3551 table 4: payload types that need no rtpmap. */
const STATIC_CODECS = new Map([
  [0, { name: 'PCMU', rate: 8000 }],
  [8, { name: 'PCMA', rate: 8000 }],
  [9, { name: 'G722', rate: 8000 }],
  [18, { name: 'G729', rate: 8000 }],
]);
const TRANSCODABLE = ['g722', 'opus', 'g729'];
const MAX_FMTP_LENGTH = 256;

/**
 * Takes the first of PCMU and PCMA that is offered, else the first codec rtpengine can transcode, and the
 * telephone-event of the same clock rate (RFC 4733 section 2.1).
 * @throws RoomlineError `not-acceptable` when there is none.
 */
export function chooseCodecs(media: MediaDescription): CodecChoice {
  const payloads = payloadsOf(media);
  const direct = payloads.find((payload) => pcmCodecOf(media, payload) !== undefined);
  const payload = direct ?? payloads.find((candidate) => isTranscodable(codecOf(media, candidate)));
  const codec = payload === undefined ? undefined : codecOf(media, payload);
  if (codec === undefined) throw notAcceptable('it offers none of PCMU, PCMA, G722, opus and G729');
  const telephoneEvent = telephoneEventOf(media, codec.rate) ?? telephoneEventOf(media, 8000);
  const digits = telephoneEvent === undefined ? undefined : codecOf(media, telephoneEvent);
  const taken = digits === undefined ? [codec] : [codec, digits];
  return {
    transcoded: direct === undefined,
    media: {
      payloads: taken.map((one) => one.payload).join(' '),
      rtp: taken.map((one) => ({
        payload: one.payload,
        codec: one.name,
        rate: one.rate,
        ...(one.channels === undefined ? {} : { encoding: one.channels }),
      })),
      fmtp: taken.flatMap((one) => fmtpOf(media, one.payload)),
    },
  };
}

export function payloadsOf(media: MediaDescription): number[] {
  return String(media.payloads)
    .split(' ')
    .map(Number)
    .filter((payload) => Number.isInteger(payload) && payload >= 0 && payload <= 127);
}

/** The codec the mixer speaks that a payload type stands for: only the static ones, as every phone numbers them. */
export function pcmCodecOf(media: MediaDescription, payload: number): 'PCMU' | 'PCMA' | undefined {
  const codec = codecOf(media, payload);
  const name = codec?.name.toUpperCase();
  if (payload === 0 && name === 'PCMU' && codec?.rate === 8000) return 'PCMU';
  if (payload === 8 && name === 'PCMA' && codec?.rate === 8000) return 'PCMA';
  return undefined;
}

export function telephoneEventOf(media: MediaDescription, rate: number): number | undefined {
  return payloadsOf(media).find((payload) => {
    const codec = codecOf(media, payload);
    return codec?.name.toLowerCase() === 'telephone-event' && codec.rate === rate;
  });
}

function codecOf(media: MediaDescription, payload: number): Codec | undefined {
  const mapped = media.rtp.find((candidate) => candidate.payload === payload);
  if (mapped === undefined) {
    const known = STATIC_CODECS.get(payload);
    return known === undefined ? undefined : { payload, ...known };
  }
  const channels = Number(mapped.encoding);
  return {
    payload,
    name: String(mapped.codec),
    rate: Number(mapped.rate),
    channels: channels === 2 ? channels : undefined,
  };
}

function isTranscodable(codec: Codec | undefined): boolean {
  return codec !== undefined && codec.rate > 0 && TRANSCODABLE.includes(codec.name.toLowerCase());
}

function fmtpOf(media: MediaDescription, payload: number): MediaDescription['fmtp'] {
  return media.fmtp
    .filter((line) => line.payload === payload && String(line.config).length <= MAX_FMTP_LENGTH)
    .map((line) => ({ payload, config: String(line.config) }))
    .slice(0, 1);
}
