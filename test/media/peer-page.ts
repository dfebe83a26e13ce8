import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';

/** What the page is: a bare RTCPeerConnection with a microphone, and an audio element for what it receives. */
const PAGE = `<!doctype html><title>peer</title><audio id="room-audio" autoplay></audio><script>
let connection, sender;
function connect() {
  connection = new RTCPeerConnection();
  connection.ontrack = ({ track, streams }) => {
    document.querySelector('#room-audio').srcObject = streams[0] ?? new MediaStream([track]);
  };
}
async function accept(sdp) {
  connect();
  await connection.setRemoteDescription({ type: 'offer', sdp });
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  sender = connection.addTrack(stream.getAudioTracks()[0], stream);
  const gathered = allCandidates();
  await connection.setLocalDescription(await connection.createAnswer());
  await gathered;
  return connection.localDescription.sdp;
}
function allCandidates() {
  return new Promise((resolve) => {
    connection.addEventListener('icecandidate', ({ candidate }) => candidate === null && resolve());
  });
}
async function offer({ codecs, withVideo, restart, hurry }) {
  if (connection === undefined) {
    connect();
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const transceiver = connection.addTransceiver(stream.getAudioTracks()[0], { streams: [stream] });
    sender = transceiver.sender;
    if (codecs !== undefined) {
      const all = RTCRtpReceiver.getCapabilities('audio').codecs;
      const named = (codec) => codec.mimeType.slice(6) + '/' + codec.clockRate;
      transceiver.setCodecPreferences(all.filter((codec) => codecs.includes(named(codec))));
    }
    if (withVideo) connection.addTransceiver('video');
  }
  const gathered = allCandidates();
  const first = connection.localDescription === null;
  const created = await connection.createOffer({ iceRestart: restart });
  await connection.setLocalDescription(created);
  // By now there may be candidates, however much of a hurry there is.
  if (hurry) return created.sdp;
  if (first || restart) await gathered;
  return connection.localDescription.sdp;
}
async function answer(sdp) {
  await connection.setRemoteDescription({ type: 'answer', sdp });
}
function direction(value) { connection.getTransceivers()[0].direction = value; }
function press(digit) { sender.dtmf.insertDTMF(digit, 100); }
function state() { return connection.connectionState; }
async function route() {
  const stats = [...(await connection.getStats()).values()];
  const transport = stats.find((one) => one.type === 'transport');
  const pair = stats.find((one) => one.id === transport.selectedCandidatePairId);
  const codec = stats.find((one) => one.type === 'codec' && one.mimeType !== 'audio/telephone-event');
  return { remote: stats.find((one) => one.id === pair?.remoteCandidateId)?.address, codec: codec?.mimeType, tls: transport.tlsVersion };
}
</script>`;

export interface OfferOptions {
  /** Codecs to offer, as NAME/CLOCKRATE. */
  codecs?: readonly string[];
  withVideo?: boolean;
  restart?: boolean;
  /** Offers before any candidate is gathered. */
  hurry?: boolean;
}

/** Serves the page on loopback, where a browser takes it for secure and lets it have the microphone. */
export async function servePeerPage(): Promise<{ url: string; close(): void }> {
  const server: Server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html').end(PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface PeerGlobals {
  offer(options: OfferOptions): Promise<string>;
  accept(sdp: string): Promise<string>;
  answer(sdp: string): Promise<void>;
  direction(value: string): void;
  press(digit: string): void;
  state(): string;
  route(): Promise<{ remote?: string; codec?: string; tls?: string }>;
}

/** The page's functions, called from a test. */
export function peer(page: Page) {
  return {
    offer: (options: OfferOptions = {}) =>
      page.evaluate((wanted) => (globalThis as unknown as PeerGlobals).offer(wanted), options),
    /** Answers an offer. */
    accept: (sdp: string) => page.evaluate((text) => (globalThis as unknown as PeerGlobals).accept(text), sdp),
    answer: (sdp: string) => page.evaluate((text) => (globalThis as unknown as PeerGlobals).answer(text), sdp),
    direction: (value: string) => page.evaluate((to) => (globalThis as unknown as PeerGlobals).direction(to), value),
    press: (digit: string) => page.evaluate((key) => (globalThis as unknown as PeerGlobals).press(key), digit),
    state: () => page.evaluate(() => (globalThis as unknown as PeerGlobals).state()),
    route: () => page.evaluate(() => (globalThis as unknown as PeerGlobals).route()),
  };
}
