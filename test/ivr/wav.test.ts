import assert from 'node:assert/strict';
import { readRecording } from '../../gateway/ivr/recording.js';
import { type Audio, decodeWav, encodeWav } from '../../gateway/ivr/wav.js';
import { goertzelLevel, level, tone } from '../support/signal.js';
import { finish, SpeakerHost } from './speaker-host.js';

interface WavForm {
  readonly bits: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly format?: number;
  readonly extensible?: boolean;
}

/** A WAV file of a tone, as audio programs write them: with a chunk before the sound that is of no interest. */
function wavOf(hertz: number, form: WavForm, seconds = 1): Buffer {
  const { bits, channels, sampleRate, format = 1, extensible = false } = form;
  const samples = tone(hertz, seconds * sampleRate, { sampleRate });
  const sampleBytes = bits / 8;
  const data = Buffer.alloc(samples.length * channels * sampleBytes);
  samples.forEach((sample, index) => {
    for (let channel = 0; channel < channels; channel++) {
      const at = (index * channels + channel) * sampleBytes;
      if (bits === 8) data.writeUInt8((sample >> 8) + 128, at);
      else data.writeIntLE(sample * 2 ** (bits - 16), at, sampleBytes);
    }
  });
  const fmt = Buffer.alloc(extensible ? 40 : 16);
  fmt.writeUInt16LE(extensible ? 0xfffe : format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt32LE(sampleRate * channels * sampleBytes, 8);
  fmt.writeUInt16LE(channels * sampleBytes, 12);
  fmt.writeUInt16LE(bits, 14);
  if (extensible) fmt.writeUInt16LE(format, 24);
  return riff([
    ['fmt ', fmt],
    ['LIST', Buffer.from('odd')],
    ['data', data],
  ]);
}

function riff(chunks: readonly [string, Buffer][]): Buffer {
  const body = Buffer.concat(
    chunks.map(([id, content]) => {
      const head = Buffer.from(`${id}1234`);
      head.writeUInt32LE(content.length, 4);
      return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
    }),
  );
  const head = Buffer.from('RIFF1234WAVE');
  head.writeUInt32LE(4 + body.length, 4);
  return Buffer.concat([head, body]);
}

const decode = (bytes: Buffer): Promise<Audio> => finish(decodeWav(bytes, 'test.wav'));

describe('a WAV file', () => {
  for (const bits of [8, 16, 24]) {
    for (const channels of [1, 2]) {
      it(`is read with ${bits} bits and ${channels} channels`, async () => {
        const { sampleRateHz, samples } = await decode(wavOf(500, { bits, channels, sampleRate: 16_000 }));
        assert.equal(sampleRateHz, 16_000);
        assert.equal(samples.length, 16_000);
        const heard = samples.map((sample) => sample * 0x8000);
        assert.ok(Math.abs(goertzelLevel(heard, 500, 16_000) - -15.26) < 0.1);
      });
    }
  }

  it('is read in the extensible form studios write', async () => {
    const { samples } = await decode(wavOf(500, { bits: 24, channels: 2, sampleRate: 48_000, extensible: true }));
    assert.equal(samples.length, 48_000);
  });

  it('is written as it is read', async () => {
    const samples = tone(440, 800);
    const read = await decode(encodeWav(samples));
    assert.deepEqual(
      Int16Array.from(read.samples, (sample) => sample * 0x8000),
      samples,
    );
  });

  it('is read to its end when its header was written before its length was known', async () => {
    const bytes = encodeWav(tone(440, 800));
    bytes.writeUInt32LE(0x7ffff000, 40);
    await assert.rejects(decode(bytes), /test\.wav is cut off: 1600 of 2147479552 bytes of 'data' are there/);
    const { samples } = await finish(decodeWav(bytes, 'test.wav', { streamed: true }));
    assert.equal(samples.length, 800);
  });

  const good = { bits: 16, channels: 1, sampleRate: 8000 };
  const broken: [string, Buffer, RegExp][] = [
    ['is empty', Buffer.alloc(0), /^test\.wav is not a WAV file$/],
    ['is an MP3', Buffer.from('ID3\u0003 some music in another form'), /is not a WAV file/],
    ['has no sound', wavOf(500, good).subarray(0, 36), /holds no sound/],
    ['has sound only', riff([['data', Buffer.alloc(100)]]), /has sound before it says of which format/],
    ['has a short format', riff([['fmt ', Buffer.alloc(4)]]), /has a format of less than 16 bytes/],
    ['is cut off', wavOf(500, good).subarray(0, 1000), /is cut off: \d+ of 16000 bytes of 'data' are there/],
    ['is of floating point', wavOf(500, { ...good, bits: 32, format: 3 }), /is 32-bit floating point: save it as PCM/],
    ['is mu-law', wavOf(500, { ...good, bits: 8, format: 7 }), /is format 7 with 8 bits: save it as PCM/],
    ['has six channels', wavOf(500, { ...good, channels: 6 }), /has 6 channels: save it as mono or stereo/],
    ['has 96 kHz', wavOf(500, { ...good, sampleRate: 96_000 }, 0.1), /has 96000 samples a second: save it with one of/],
  ];
  for (const [how, bytes, message] of broken) {
    it(`is refused when it ${how}`, async () => {
      await assert.rejects(decode(bytes), (error: Error) => {
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

describe('a recording', () => {
  const host = new SpeakerHost();
  const read = (name: string, bytes: Buffer) => readRecording(host.write(name, bytes));

  for (const sampleRate of [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]) {
    it(`of ${sampleRate} Hz has the same tone and length at 8000`, async () => {
      const samples = await read('a.wav', wavOf(1000, { bits: 16, channels: 1, sampleRate }));
      assert.ok(Math.abs(samples.length - 8000) < 100, `${samples.length} samples`);
      const middle = samples.subarray(2000, 6000);
      assert.ok(Math.abs(goertzelLevel(middle, 1000) - level(middle)) < 0.05, 'nothing but the tone');
    });
  }

  for (const hertz of [4300, 5000, 6500, 9500, 15_500, 20_000]) {
    it(`does not fold ${hertz} Hz back into what is heard`, async () => {
      const form = { bits: 24, channels: 1, sampleRate: 48_000 };
      const speech = wavOf(1000, form);
      const shrill = wavOf(hertz, form);
      // The same loudness of both in one file.
      for (let at = shrill.length - 3 * 48_000; at < shrill.length; at += 3) {
        speech.writeIntLE(speech.readIntLE(at, 3) + shrill.readIntLE(at, 3), at, 3);
      }
      const middle = (await read('b.wav', speech)).subarray(2000, 6000);
      assert.ok(Math.abs(goertzelLevel(middle, 1000) - level(middle)) < 0.05);
      const folded = Math.abs(hertz - 8000 * Math.round(hertz / 8000));
      assert.ok(goertzelLevel(middle, folded) < goertzelLevel(middle, 1000) - 60);
    });
  }

  it('passes speech up to 3400 Hz unchanged', async () => {
    for (const hertz of [300, 1000, 2000, 3000, 3400]) {
      const samples = await read('c.wav', wavOf(hertz, { bits: 16, channels: 1, sampleRate: 44_100 }));
      assert.ok(Math.abs(goertzelLevel(samples.subarray(2000, 6000), hertz) - -26) < 0.3, `${hertz} Hz`);
    }
  });

  it('is named when it cannot be used', async () => {
    await assert.rejects(read('broken.wav', Buffer.from('no sound')), /\/broken\.wav is not a WAV file$/);
    await assert.rejects(read('silent.wav', encodeWav(new Int16Array(8000))), /\/silent\.wav is silent$/);
    await assert.rejects(read('none.wav', encodeWav(new Int16Array(0))), /\/none\.wav is silent$/);
  });
});
