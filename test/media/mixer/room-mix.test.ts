import assert from 'node:assert/strict';
import { FRAME_SAMPLES } from '../../../gateway/media/mixer/frame.js';
import { type Codec, decodeTable, SILENCE_CODE } from '../../../gateway/media/mixer/g711.js';
import { type Mixed, RoomMix } from '../../../gateway/media/mixer/room-mix.js';
import { goertzelLevel, heard, level, tone, toneFrequencies, windowSnrDb } from '../../support/signal.js';

class Voice implements Mixed {
  readonly frame = new Int16Array(FRAME_SAMPLES);
  heard: boolean;
  readonly codec: Codec;
  readonly #frequencyHz: number;
  readonly #amplitude: number;

  constructor(frequencyHz: number, options: { heard?: boolean; codec?: Codec; amplitude?: number } = {}) {
    this.#frequencyHz = frequencyHz;
    this.heard = options.heard ?? true;
    this.codec = options.codec ?? 'PCMU';
    this.#amplitude = options.amplitude ?? 4000;
  }

  say(frame: number): void {
    const startSample = frame * FRAME_SAMPLES;
    this.frame.set(tone(this.#frequencyHz, FRAME_SAMPLES, { amplitude: this.#amplitude, startSample }));
  }
}

/** What each of the voices hears in so many frames. */
function mix(voices: readonly Voice[], frames: number): Int16Array[] {
  const room = new RoomMix();
  const ears = voices.map(() => new Int16Array(frames * FRAME_SAMPLES));
  const packet = Buffer.alloc(FRAME_SAMPLES);
  for (let frame = 0; frame < frames; frame++) {
    for (const voice of voices) voice.say(frame);
    room.begin(voices);
    voices.forEach((voice, index) => {
      room.encodeFor(voice, packet, 0);
      const decode = decodeTable(voice.codec);
      packet.forEach((code, i) => {
        (ears[index] as Int16Array)[frame * FRAME_SAMPLES + i] = decode[code] ?? 0;
      });
    });
  }
  return ears;
}

describe('the mix of a room', () => {
  it('gives everybody all others and nobody himself, whatever the codec', () => {
    const frequencies = toneFrequencies(12);
    const ears = mix(
      frequencies.map((hz, i) => new Voice(hz, { codec: i % 2 ? 'PCMA' : 'PCMU', amplitude: 2000 })),
      50,
    );
    ears.forEach((samples, listener) => {
      const others = frequencies.filter((_, index) => index !== listener);
      assert.deepEqual([...heard(samples, frequencies)], others);
    });
  });

  it('keeps out those who are not heard, and gives them the mix of all who are', () => {
    const [talker, muted, silent] = mix(
      [new Voice(500), new Voice(700, { heard: false }), new Voice(900, { heard: false, codec: 'PCMA' })],
      50,
    );
    assert.deepEqual([...heard(talker ?? [], [500, 700, 900])], []);
    assert.deepEqual([...heard(muted ?? [], [500, 700, 900])], [500]);
    assert.deepEqual([...heard(silent ?? [], [500, 700, 900])], [500]);
  });

  it('gives silence where nobody talks', () => {
    const room = new RoomMix();
    const packet = Buffer.alloc(FRAME_SAMPLES);
    for (const codec of ['PCMU', 'PCMA'] as const) {
      room.begin([]);
      room.encodeFor(new Voice(500, { heard: false, codec }), packet, 0);
      assert.ok(packet.every((code) => code === SILENCE_CODE[codec]));
    }
  });

  it('does not touch a single voice, as loud as it can be', () => {
    const [, samples] = mix([new Voice(1000, { amplitude: 29_900 }), new Voice(700, { heard: false })], 50);
    assert.ok(Math.min(...windowSnrDb(samples ?? [], 1000)) > 32);
    assert.ok(Math.abs(goertzelLevel(samples ?? [], 1000) - 20 * Math.log10(29_900 / 32_768 / Math.SQRT2)) < 0.1);
  });

  it('turns many loud voices down together, instead of clipping them', () => {
    const frequencies = [440, 1000, 1700, 2300];
    const voices = frequencies.map((hz) => new Voice(hz, { amplitude: 16_000 }));
    const ears = mix([...voices, new Voice(3000, { heard: false })], 100);
    const listener = (ears.at(-1) ?? new Int16Array()).subarray(8000);
    const levels = frequencies.map((hz) => goertzelLevel(listener, hz));
    const tones = levels.reduce((sum, dbfs) => sum + 10 ** (dbfs / 10), 0);
    const distortion = 10 ** (level(listener) / 10) - tones;
    assert.ok(Math.max(...levels) - Math.min(...levels) < 0.5, `levels ${levels.join(' ')}`);
    assert.ok(10 * Math.log10(tones / Math.max(distortion, 1e-12)) > 20);
  });

  it('comes back to full loudness within two seconds after many talked at once', () => {
    const room = new RoomMix();
    const loud = [500, 700, 900, 1100].map((hz) => new Voice(hz, { amplitude: 20_000 }));
    const quiet = new Voice(440, { amplitude: 5000 });
    const listener = new Voice(3000, { heard: false });
    const packet = Buffer.alloc(FRAME_SAMPLES);
    const samples: number[] = [];
    for (let frame = 0; frame < 150; frame++) {
      for (const voice of [...loud, quiet]) voice.say(frame);
      room.begin(frame < 50 ? [...loud, quiet, listener] : [quiet, listener]);
      room.encodeFor(listener, packet, 0);
      if (frame >= 140) samples.push(...packet.map((code) => code).values());
    }
    const decoded = samples.map((code) => decodeTable('PCMU')[code] ?? 0);
    assert.ok(Math.abs(goertzelLevel(decoded, 440) - 20 * Math.log10(5000 / 32_768 / Math.SQRT2)) < 0.2);
  });
});
