import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import { type ReceivedPacket, RtpPhone } from '../../support/rtp-phone.js';
import { goertzelLevel } from '../../support/signal.js';
import { MixerProcess } from './mixer-process.js';

const PCMU = { codec: 'PCMU', payloadType: 0 } as const;
const HZ = 500;

/** A mixer in a process of its own, a talker, and one who listens. */
async function conversation(): Promise<{ mixer: MixerProcess; talker: RtpPhone; listener: RtpPhone }> {
  const mixer = await MixerProcess.start();
  const talker = await RtpPhone.open({ frequencyHz: HZ });
  const listener = await RtpPhone.open();
  for (const [leg, phone] of Object.entries({ talker, listener })) {
    phone.call(await mixer.open('room', leg, phone.address, PCMU));
  }
  await listener.hear(50);
  return { mixer, talker, listener };
}

/** Stops the whole process, as a machine that is overloaded does, until the talker sent that many packets. */
async function stall(mixer: MixerProcess, talker: RtpPhone, packets: number): Promise<void> {
  mixer.signal('SIGSTOP');
  try {
    const goal = talker.packetsSent + packets;
    await eventually(
      `${packets} packets to be sent`,
      () => talker.packetsSent,
      (sent) => sent >= goal,
    );
  } finally {
    mixer.signal('SIGCONT');
  }
}

/** How often a packet's timestamp is not the one before it and 20 ms. */
function holes({ packets }: RtpPhone): number {
  const follows = (packet: ReceivedPacket, i: number) =>
    packet.timestamp === ((packets[i]?.timestamp ?? 0) + 160) >>> 0;
  return packets.slice(1).filter((packet, i) => !follows(packet, i)).length;
}

/** In how many frames the tone is not heard. */
function silentFrames(phone: RtpPhone): number {
  const samples = phone.heard();
  const frames = Array.from(phone.packets, (_, i) => samples.subarray(i * 160, (i + 1) * 160));
  return frames.filter((frame) => goertzelLevel(frame, HZ) < -30).length;
}

describe('a mixer that was held up', function () {
  this.timeout(60_000);

  it('catches up: what was said meanwhile is heard, and the stream has no hole', async () => {
    const { mixer, talker, listener } = await conversation();
    try {
      // A busy machine may hold up the talker too, or the mixer for longer than is caught up with: then once more.
      await eventually(
        'a stall to be caught up with',
        async () => {
          listener.forget();
          await stall(mixer, talker, 15);
          await listener.hear(50);
          return { holes: holes(listener), silent: silentFrames(listener) };
        },
        (seen) => seen.holes === 0 && seen.silent <= 3,
      );
    } finally {
      await Promise.all([talker.close(), listener.close(), mixer.stop()]);
    }
  });

  it('skips a stall nobody wants to hear, and goes on', async () => {
    const { mixer, talker, listener } = await conversation();
    try {
      await stall(mixer, talker, 100);
      const resumed = listener.packets.length;
      await listener.hear(50);
      const skipped = listener.packets.slice(resumed - 1).filter((packet) => packet.marker);
      assert.equal(skipped.length, 1);
      await eventually(
        'the tone to be heard again',
        async () => goertzelLevel(await listener.listen(400), HZ),
        (level) => level > -20,
      );
    } finally {
      await Promise.all([talker.close(), listener.close(), mixer.stop()]);
    }
  });
});
