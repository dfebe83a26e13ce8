/**
 * A process of many phones in real calls that all talk: as light as it can be, since it shares the machine with what
 * is measured. Its packets are spread evenly over the 20 ms.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeTable } from '../../gateway/media/mixer/g711.js';
import { RTP_HEADER_BYTES, writeRtp } from '../../gateway/media/mixer/rtp.js';
import { within } from '../support/eventually.js';
import { audioOf, phoneSdp } from '../support/sdp.js';
import { tone, toneFrequencies } from '../support/signal.js';
import type { SipCall } from '../support/sip-call.js';
import { SipPhone } from '../support/sip-phone.js';

export interface CallRequest {
  readonly kind: 'call';
  readonly sip: { host: string; port: number };
  readonly numbers: readonly string[];
  readonly perRoom: number;
}
export type LoadRequest = CallRequest | { readonly kind: 'count' } | { readonly kind: 'hang-up' };

/** How many packets all phones have sent and received so far. */
export interface PacketCounts {
  readonly sent: number;
  readonly received: number;
}

/** How long each call took, in ms. */
export interface CallTimes {
  /** From the INVITE with credentials to the 200. */
  readonly answerMs: number[];
  /** From the first INVITE, which is challenged, to the 200. */
  readonly challengedAnswerMs: number[];
  /** From the INVITE with credentials to the first packet of the mix. */
  readonly firstPacketMs: number[];
}

const FRAME = 160;
/** A second of each phone's tone, encoded; all tones of whole hertz repeat after it. */
const FRAMES = 50;
const USERS = ['alice', 'bob', 'carol', 'dave'] as const;

interface Talker {
  readonly socket: Socket;
  readonly audio: Uint8Array;
  readonly packet: Buffer;
  readonly call: SipCall;
  readonly target: { address: string; port: number };
  frame: number;
  firstFrame: number | undefined;
}

const phones = new Map<string, SipPhone>();
const talkers: Talker[] = [];
let talking: NodeJS.Timeout | undefined;
let packetsReceived = 0;

async function call({ sip, numbers, perRoom }: CallRequest): Promise<CallTimes> {
  for (const user of USERS) {
    phones.set(user, await SipPhone.open({ server: sip, user, password: `${user}-demo` }));
  }
  const times: CallTimes = { answerMs: [], challengedAnswerMs: [], firstPacketMs: [] };
  const frequencies = toneFrequencies(numbers.length * perRoom);
  talk();
  for (const [index, frequencyHz] of frequencies.entries()) {
    await join(numbers[index % numbers.length] ?? '', USERS[index % USERS.length] ?? 'alice', frequencyHz, times);
  }
  return times;
}

async function join(number: string, user: string, frequencyHz: number, times: CallTimes): Promise<void> {
  const phone = phones.get(user);
  if (phone === undefined) throw new Error(`no phone for ${user}`);
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sipCall = phone.call(number, { offer: phoneSdp({ port: socket.address().port, payloads: [0] }) });
  const firstPacket = once(socket, 'message').then(() => performance.now());
  const startMs = performance.now();
  sipCall.sendInvite();
  const challenge = await sipCall.final();
  const authorization = sipCall.authorize(challenge);
  const authorizedMs = performance.now();
  sipCall.sendInvite({ headers: [authorization] });
  const answer = await sipCall.final();
  const answeredMs = performance.now();
  if (answer.status !== 200) throw new Error(`${number} answered ${answer.startLine}`);
  sipCall.ack();
  const encode = encodeTable('PCMU');
  const audio = Uint8Array.from(tone(frequencyHz, FRAMES * FRAME, { amplitude: 3000 }), (s) => encode[s & 0xffff] ?? 0);
  const packet = Buffer.alloc(RTP_HEADER_BYTES + FRAME);
  talkers.push({ socket, audio, packet, call: sipCall, target: audioOf(answer.body), frame: 0, firstFrame: undefined });
  times.answerMs.push(answeredMs - authorizedMs);
  times.challengedAnswerMs.push(answeredMs - startMs);
  times.firstPacketMs.push((await within('the first packet of the mix', firstPacket)) - authorizedMs);
  socket.on('message', () => {
    packetsReceived++;
  });
}

function talk(): void {
  const startMs = performance.now();
  talking = setInterval(() => {
    const frames = (performance.now() - startMs) / 20;
    for (const [index, talker] of talkers.entries()) {
      // Each has a place of its own within the 20 ms, whoever joins after it.
      const due = Math.floor(frames - ((index * 7) % 20) / 20);
      talker.firstFrame ??= due;
      while (talker.firstFrame + talker.frame < due) send(talker, index + 1);
    }
  }, 1);
}

function count(): PacketCounts {
  return { sent: talkers.reduce((total, { frame }) => total + frame, 0), received: packetsReceived };
}

function send(talker: Talker, ssrc: number): void {
  const frame = talker.frame++;
  const at = (frame % FRAMES) * FRAME;
  writeRtp(talker.packet, 0, frame === 0, frame & 0xffff, (frame * FRAME) >>> 0, ssrc);
  talker.packet.set(talker.audio.subarray(at, at + FRAME), RTP_HEADER_BYTES);
  talker.socket.send(talker.packet, talker.target.port, talker.target.address);
}

async function hangUp(): Promise<void> {
  clearInterval(talking);
  for (const { call: up, socket } of talkers.splice(0)) {
    await up.bye();
    socket.close();
  }
  for (const phone of phones.values()) await phone.close();
  phones.clear();
}

async function answerTo(request: LoadRequest): Promise<object> {
  if (request.kind === 'call') return call(request);
  if (request.kind === 'hang-up') await hangUp();
  return count();
}

process.on('message', (request: LoadRequest) => {
  answerTo(request).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
