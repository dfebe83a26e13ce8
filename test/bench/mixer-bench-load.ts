/** A process of many phones that all talk: as light as it can be, since it shares the machine with what is measured. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeTable } from '../../gateway/media/mixer/g711.js';
import type { UdpAddress } from '../../gateway/media/mixer/mixer.js';
import { RTP_HEADER_BYTES, writeRtp } from '../../gateway/media/mixer/rtp.js';
import { tone, toneFrequencies } from '../support/signal.js';

export type LoadRequest = { kind: 'open'; phones: number } | { kind: 'call'; ports: UdpAddress[] };
/** The phones' own addresses, then, at each `call`, nothing. */
export interface LoadAnswer {
  addresses: UdpAddress[];
}

const FRAME = 160;
/** A second of each phone's tone, encoded; all tones of whole Hertz repeat after it. */
const FRAMES = 50;

interface Phone {
  socket: Socket;
  audio: Uint8Array;
  packet: Buffer;
  target: UdpAddress | undefined;
  frame: number;
}

const phones: Phone[] = [];

async function open(count: number): Promise<LoadAnswer> {
  const frequencies = toneFrequencies(count);
  const encode = encodeTable('PCMU');
  for (const frequencyHz of frequencies) {
    const socket = createSocket('udp4');
    socket.on('message', () => undefined);
    socket.on('error', () => undefined);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const samples = tone(frequencyHz, FRAMES * FRAME, { amplitude: 3000 });
    const audio = Uint8Array.from(samples, (sample) => encode[sample & 0xffff] ?? 0);
    phones.push({ socket, audio, packet: Buffer.alloc(RTP_HEADER_BYTES + FRAME), target: undefined, frame: 0 });
  }
  return { addresses: phones.map(({ socket }) => ({ address: '127.0.0.1', port: socket.address().port })) };
}

function send(phone: Phone, ssrc: number): void {
  if (phone.target === undefined) return;
  const frame = phone.frame++;
  writeRtp(phone.packet, 0, frame === 0, frame & 0xffff, (frame * FRAME) >>> 0, ssrc);
  phone.packet.set(phone.audio.subarray((frame % FRAMES) * FRAME, (frame % FRAMES) * FRAME + FRAME), RTP_HEADER_BYTES);
  phone.socket.send(phone.packet, phone.target.port, phone.target.address);
}

/** Sends every phone's frame each 20 ms, the phones one after the other so that they are spread over it. */
function talk(): void {
  const startMs = performance.now();
  const perMs = phones.length / 20;
  let sent = 0;
  setInterval(() => {
    const due = Math.floor((performance.now() - startMs) * perMs);
    for (; sent < due; sent++) {
      const index = sent % phones.length;
      send(phones[index] as Phone, index + 1);
    }
  }, 1);
}

process.on('message', (request: LoadRequest) => {
  if (request.kind === 'open') void open(request.phones).then((answer) => process.send?.(answer));
  else {
    request.ports.forEach((target, index) => {
      (phones[index] as Phone).target = target;
    });
    talk();
    process.send?.({ addresses: [] });
  }
});
process.on('disconnect', () => process.exit());
