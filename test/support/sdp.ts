export interface SdpOptions {
  address?: string;
  port: number;
  /** RTP payload types; 101 is telephone-event. */
  payloads?: readonly number[];
  direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  version?: number;
  extraLines?: readonly string[];
}

const RTPMAP: Record<number, string> = {
  0: 'PCMU/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  18: 'G729/8000',
  101: 'telephone-event/8000',
};

/** The SDP of a plain phone: one audio stream. */
export function phoneSdp(options: SdpOptions): string {
  const { address = '127.0.0.1', port, payloads = [0, 101], direction = 'sendrecv', version = 1 } = options;
  return [
    'v=0',
    `o=phone 4711 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloads.join(' ')}`,
    ...payloads.flatMap((payload) => (RTPMAP[payload] === undefined ? [] : [`a=rtpmap:${payload} ${RTPMAP[payload]}`])),
    ...(payloads.includes(101) ? ['a=fmtp:101 0-15'] : []),
    'a=ptime:20',
    `a=${direction}`,
    ...(options.extraLines ?? []),
    '',
  ].join('\r\n');
}

/** Where an SDP wants its audio, and in which payload types. @throws Error without an audio stream. */
export function audioOf(sdp: string): { address: string; port: number; payloads: number[]; direction: string } {
  const media = /^m=audio (\d+) \S+ ([\d ]+)\r?$/m.exec(sdp);
  const address = [...sdp.matchAll(/^c=IN IP[46] (\S+)\r?$/gm)].at(-1)?.[1];
  if (media === null || address === undefined) throw new Error(`an SDP without audio:\n${sdp}`);
  return {
    address,
    port: Number(media[1]),
    payloads: (media[2] ?? '').trim().split(' ').map(Number),
    direction: /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1] ?? 'sendrecv',
  };
}
