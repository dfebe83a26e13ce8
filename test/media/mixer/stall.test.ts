import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import { RtpPhone } from '../../support/rtp-phone.js';
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

describe('a mixer that was held up', function () {
  this.timeout(60_000);

  it('catches up: what was said meanwhile is heard, and the stream has no hole', async () => {
    const { mixer, talker, listener } = await conversation();
    try {
      listener.forget();
      await stall(mixer, talker, 15);
      await listener.hear(50);
      listener.packets.slice(1).forEach((packet, i) => {
        assert.equal(packet.timestamp, ((listener.packets[i]?.timestamp ?? 0) + 160) >>> 0);
      });
      const frames = listener.packets.length;
      const samples = listener.heard();
      const silent = Array.from({ length: frames }, (_, i) => samples.subarray(i * 160, (i + 1) * 160)).filter(
        (frame) => goertzelLevel(frame, HZ) < -30,
      );
      assert.ok(silent.length <= 3, `${silent.length} of ${frames} frames were silent`);
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
