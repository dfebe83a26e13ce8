/** How an offered audio section is reached and protected. */
import { isIPv4 } from 'node:net';
import type { MediaDescription, SessionDescription } from 'sdp-transform';
import type { UdpAddress } from './mixer/mixer.js';
import type { Side } from './sdp.js';
import { notAcceptable } from './sdp-error.js';

export interface TransportReading {
  readonly side: Side;
  /** ICE is used with DTLS only: a phone that offers it with plain RTP is answered without (RFC 8839 section 3.2.1). */
  readonly ice: boolean;
  readonly rtcpMux: boolean;
  readonly protocol: string;
  readonly address: UdpAddress;
  /** The section's transport attributes, checked, and nothing else. */
  readonly media: Partial<MediaDescription> & Pick<MediaDescription, 'protocol'>;
}

const PROTOCOL = /^(RTP\/S?AVPF?|UDP\/TLS\/RTP\/SAVPF?)$/;
const ICE_UFRAG = /^[\w+/-]{4,256}$/;
const ICE_PWD = /^[\w+/-]{22,256}$/;
const FINGERPRINT = /^([0-9A-Fa-f]{2}:){15,63}[0-9A-Fa-f]{2}$/;
const TOKEN = /^[\w.+/|:=-]{1,256}$/;
const MAX_CANDIDATES = 24;
const MAX_CRYPTO_LINES = 8;
/** The port of an address that is not known yet (RFC 8840 section 4.1.1). */
const DISCARD_PORT = 9;

export function readTransport(session: SessionDescription, media: MediaDescription): TransportReading {
  const { protocol } = media;
  if (!PROTOCOL.test(protocol)) throw notAcceptable('its audio comes over a transport other than RTP');
  const rtcpMux = media.rtcpMux !== undefined;
  const basics = { protocol, ...(rtcpMux ? { rtcpMux: 'rtcp-mux' as const } : readRtcp(media)), ...readMid(media) };
  if (!protocol.includes('SAVP')) {
    const address = readAddress(session, media);
    return { side: 'plain', ice: false, rtcpMux, protocol, address, media: basics };
  }
  const dtls = readDtls(session, media);
  if (dtls === undefined) {
    const address = readAddress(session, media);
    return { side: 'sdes', ice: false, rtcpMux, protocol, address, media: { ...basics, ...readSdes(media) } };
  }
  const ice = readIce(session, media);
  const address = ice === undefined ? readAddress(session, media) : readIceAddress(session, media, ice.candidates);
  return {
    side: 'browser',
    ice: ice !== undefined,
    rtcpMux,
    protocol,
    address,
    media: { ...basics, ...dtls, ...ice },
  };
}

function readAddress(session: SessionDescription, media: MediaDescription): UdpAddress {
  const connection = media.connection ?? session.connection;
  if (connection === undefined) throw notAcceptable('it has no c= line');
  const address = String(connection.ip);
  if (!isUnicastIPv4(address)) throw notAcceptable('its address is no IPv4 address of one host');
  if (media.port < 1) throw notAcceptable('its audio has no port');
  return { address, port: media.port };
}

/** A browser may name an address family we do not have, or none yet, on its c= line: its candidates count. */
function readIceAddress(
  session: SessionDescription,
  media: MediaDescription,
  candidates: MediaDescription['candidates'],
): UdpAddress {
  const address = String((media.connection ?? session.connection)?.ip);
  if (isUnicastIPv4(address) && address !== '0.0.0.0') return { address, port: media.port };
  const first = candidates?.find((candidate) => candidate.component === 1);
  return first === undefined ? { address: '0.0.0.0', port: DISCARD_PORT } : { address: first.ip, port: first.port };
}

function isUnicastIPv4(address: string): boolean {
  return isIPv4(address) && Number(address.split('.')[0]) < 224;
}

function readDtls(session: SessionDescription, media: MediaDescription): Partial<MediaDescription> | undefined {
  const fingerprint = media.fingerprint ?? session.fingerprint;
  if (fingerprint === undefined) return undefined;
  const type = String(fingerprint.type).toLowerCase();
  const hash = String(fingerprint.hash);
  if (!/^sha-(1|224|256|384|512)$/.test(type) || !FINGERPRINT.test(hash)) {
    throw notAcceptable('its fingerprint is malformed');
  }
  const setup = media.setup ?? session.setup ?? 'actpass';
  if (!['actpass', 'active', 'passive'].includes(setup)) throw notAcceptable('its setup attribute is malformed');
  return { fingerprint: { type, hash }, setup };
}

function readIce(session: SessionDescription, media: MediaDescription) {
  const iceUfrag = media.iceUfrag ?? session.iceUfrag;
  const icePwd = media.icePwd ?? session.icePwd;
  if (iceUfrag === undefined && icePwd === undefined) return undefined;
  if (!ICE_UFRAG.test(String(iceUfrag)) || !ICE_PWD.test(String(icePwd))) {
    throw notAcceptable('its ICE credentials are malformed');
  }
  const candidates = (media.candidates ?? []).filter(isUsableCandidate).slice(0, MAX_CANDIDATES).map(copyCandidate);
  return { iceUfrag: String(iceUfrag), icePwd: String(icePwd), candidates };
}

type Candidate = NonNullable<MediaDescription['candidates']>[number];

/** rtpengine here has IPv4 and UDP; a name under `.local` (mDNS) means nothing outside the browser's own network. */
function isUsableCandidate(candidate: Candidate): boolean {
  return (
    String(candidate.transport).toLowerCase() === 'udp' &&
    isUnicastIPv4(String(candidate.ip)) &&
    isPort(candidate.port) &&
    [1, 2].includes(candidate.component) &&
    Number.isSafeInteger(candidate.priority) &&
    /^[\w+/]{1,32}$/.test(String(candidate.foundation)) &&
    ['host', 'srflx', 'prflx', 'relay'].includes(candidate.type)
  );
}

function copyCandidate({ foundation, component, transport, priority, ip, port, type }: Candidate): Candidate {
  // The related address is for diagnostics only (RFC 8839 section 5.1), but its presence is required.
  const related = type === 'host' ? {} : { raddr: '0.0.0.0', rport: DISCARD_PORT };
  return { foundation: String(foundation), component, transport, priority, ip, port, type, ...related };
}

function readSdes(media: MediaDescription): Partial<MediaDescription> {
  const crypto = (media.crypto ?? [])
    .filter((line) => [line.suite, line.config].every((part) => TOKEN.test(String(part))))
    .slice(0, MAX_CRYPTO_LINES)
    .map(({ id, suite, config }) => ({ id: Number(id), suite, config }));
  if (crypto.length === 0) throw notAcceptable('its audio is encrypted, but it has neither fingerprint nor key');
  return { crypto };
}

function readRtcp(media: MediaDescription): Partial<MediaDescription> {
  return media.rtcp !== undefined && isPort(media.rtcp.port) ? { rtcp: { port: media.rtcp.port } } : {};
}

function readMid(media: MediaDescription): Partial<MediaDescription> {
  return media.mid === undefined ? {} : { mid: String(media.mid).slice(0, 64) };
}

function isPort(port: unknown): boolean {
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
}
