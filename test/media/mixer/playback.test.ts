import assert from 'node:assert/strict';
import { FRAME_SAMPLES } from '../../../gateway/media/mixer/frame.js';
import { type Codec, decodeTable } from '../../../gateway/media/mixer/g711.js';
import { Announcer, Player, SoundReader } from '../../../gateway/media/mixer/playback.js';
import { type Mixed, RoomMix } from '../../../gateway/media/mixer/room-mix.js';
import { type Sound, toSound } from '../../../gateway/sound.js';
import { prompt } from '../../support/prompt.js';
import { goertzelLevel, heard, level, tone } from '../../support/signal.js';

/** Sample 1, 2, 3 and so on. */
function counting(length: number): Sound {
  return toSound(Int16Array.from({ length }, (_, i) => i + 1));
}

function readAll(reader: { next(): boolean; frame: Int16Array }, most = 100): number[] {
  const read: number[] = [];
  for (let frame = 0; frame < most && reader.next(); frame++) read.push(...reader.frame);
  return read;
}

class Voice implements Mixed {
  readonly frame = new Int16Array(FRAME_SAMPLES);
  readonly codec: Codec = 'PCMU';
  readonly heard: boolean;
  readonly #frequencyHz: number;
  readonly #amplitude: number;

  constructor(frequencyHz: number, options: { heard?: boolean; amplitude?: number } = {}) {
    this.#frequencyHz = frequencyHz;
    this.heard = options.heard ?? true;
    this.#amplitude = options.amplitude ?? 4000;
  }

  say(frame: number): void {
    const startSample = frame * FRAME_SAMPLES;
    this.frame.set(tone(this.#frequencyHz, FRAME_SAMPLES, { amplitude: this.#amplitude, startSample }));
  }
}

/** What one leg hears in so many frames of a room of voices. */
function hear(
  voices: readonly Voice[],
  leg: Voice,
  frames: number,
  options: { player?: Player; announced?: Int16Array; spared?: boolean } = {},
): Int16Array {
  const room = new RoomMix();
  const decode = decodeTable('PCMU');
  const packet = new Uint8Array(FRAME_SAMPLES);
  const recording = new Int16Array(frames * FRAME_SAMPLES);
  for (let frame = 0; frame < frames; frame++) {
    for (const voice of voices) voice.say(frame);
    const at = frame * FRAME_SAMPLES;
    room.begin(voices, options.announced?.subarray(at, at + FRAME_SAMPLES));
    room.encodeAlone(leg, options.spared ?? false, options.player, packet, 0);
    packet.forEach((code, i) => {
      recording[at + i] = decode[code] ?? 0;
    });
  }
  return recording;
}

describe('a sound that is read', () => {
  it('comes whole, its last frame filled up with silence', () => {
    const reader = new SoundReader();
    reader.start(counting(2 * FRAME_SAMPLES + 1).samples, false);
    const read = readAll(reader);
    assert.equal(read.length, 3 * FRAME_SAMPLES);
    assert.deepEqual(read.slice(0, 2 * FRAME_SAMPLES + 1), [...counting(2 * FRAME_SAMPLES + 1).samples]);
    assert.ok(read.slice(2 * FRAME_SAMPLES + 1).every((sample) => sample === 0));
  });

  it('has no silent frame after it when it ends with a frame', () => {
    const reader = new SoundReader();
    reader.start(counting(2 * FRAME_SAMPLES).samples, false);
    assert.equal(readAll(reader).length, 2 * FRAME_SAMPLES);
    assert.equal(reader.reading, false);
  });

  it('begins again within a frame when looped, and more than once a frame when it is short', () => {
    const reader = new SoundReader();
    reader.start(counting(7).samples, true);
    const read = readAll(reader, 3);
    assert.deepEqual(
      read,
      Array.from({ length: 3 * FRAME_SAMPLES }, (_, i) => (i % 7) + 1),
    );
    assert.equal(reader.reading, true);
  });

  it('goes on from where it was', () => {
    const reader = new SoundReader();
    reader.start(counting(FRAME_SAMPLES).samples, false, 100);
    assert.deepEqual(readAll(reader).slice(0, FRAME_SAMPLES - 100), [...counting(FRAME_SAMPLES).samples.slice(100)]);
  });

  it('is over at once when there is nothing in it, looped or not', () => {
    for (const loop of [false, true]) {
      const reader = new SoundReader();
      reader.start(counting(0).samples, loop);
      assert.ok(readAll(reader).length <= FRAME_SAMPLES);
    }
  });
});

describe('what is played to one leg', () => {
  function player(sound: Sound, loop = false): { player: Player; played: number[] } {
    const played: number[] = [];
    const made = new Player((playback) => played.push(playback));
    made.start({ playback: 1, samples: sound.samples, loop, position: 0 });
    return { player: made, played };
  }

  it('is heard over the room and not instead of it', () => {
    const own = new Voice(500);
    const other = new Voice(900);
    const sound = player(toSound(tone(1400, FRAME_SAMPLES * 50, { amplitude: 4000 })));
    const recording = hear([own, other], own, 50, sound);
    assert.deepEqual([...heard(recording, [500, 900, 1400])], [900, 1400]);
    assert.ok(Math.abs(goertzelLevel(recording, 900) - goertzelLevel(recording, 1400)) < 0.5);
    assert.deepEqual(sound.played, [1]);
  });

  it('is turned down with the room where both are too loud, instead of being clipped', () => {
    const other = new Voice(900, { amplitude: 29_000 });
    const listener = new Voice(500, { heard: false });
    const sound = player(toSound(tone(1400, FRAME_SAMPLES * 50, { amplitude: 29_000 })), true);
    const recording = hear([other, listener], listener, 100, sound).subarray(8000);
    const tones = 10 ** (goertzelLevel(recording, 900) / 10) + 10 ** (goertzelLevel(recording, 1400) / 10);
    const distortion = 10 ** (level(recording) / 10) - tones;
    assert.ok(10 * Math.log10(tones / Math.max(distortion, 1e-12)) > 20);
  });

  it('leaves the leg to the room when it is over and the room is back at its loudness', () => {
    const other = new Voice(900, { amplitude: 20_000 });
    const listener = new Voice(500, { heard: false });
    const sound = player(toSound(tone(1400, FRAME_SAMPLES * 5, { amplitude: 29_000 })));
    hear([other, listener], listener, 5, sound);
    assert.deepEqual(sound.played, [1]);
    assert.equal(sound.player.active, true);
    const after = hear([other, listener], listener, 100, sound).subarray(-1600);
    assert.equal(sound.player.active, false);
    assert.ok(Math.abs(level(after) - 20 * Math.log10(20_000 / 32_768 / Math.SQRT2)) < 0.1);
  });

  it('is silent from the next frame on when stopped, and told nobody that it was played', () => {
    const listener = new Voice(500, { heard: false });
    const sound = player(prompt());
    assert.ok(level(hear([listener], listener, 3, sound)) > -40);
    sound.player.stop(1);
    assert.ok(hear([listener], listener, 3, sound).every((sample) => sample === 0));
    assert.deepEqual([sound.played, sound.player.active, sound.player.state], [[], false, undefined]);
  });

  it('goes on when something else is to be stopped', () => {
    const listener = new Voice(500, { heard: false });
    const sound = player(prompt());
    sound.player.stop(2);
    assert.ok(level(hear([listener], listener, 3, sound)) > -40);
    assert.equal(sound.player.state?.position, 3 * FRAME_SAMPLES);
  });
});

describe('what is announced to a room', () => {
  it('is read one after the other', () => {
    const announcer = new Announcer();
    announcer.announce(counting(FRAME_SAMPLES).samples, ['a']);
    announcer.announce(counting(2 * FRAME_SAMPLES).samples, []);
    assert.equal(announcer.next(), true);
    assert.deepEqual([announcer.spares('a'), announcer.spares('b')], [true, false]);
    assert.equal(announcer.next(), true);
    assert.deepEqual([announcer.spares('a'), announcer.frame[0]], [false, 1]);
    assert.equal(announcer.next(), true);
    assert.equal(announcer.next(), false);
  });

  it('is left out when too much of it waits already', () => {
    const announcer = new Announcer();
    for (let count = 0; count < 1000; count++) announcer.announce(counting(FRAME_SAMPLES).samples, []);
    let frames = 0;
    while (announcer.next()) frames++;
    assert.equal(frames, 8);
  });

  it('is heard by a talker and a listener, and by neither when they are spared it', () => {
    const talker = new Voice(500);
    const other = new Voice(900);
    const listener = new Voice(700, { heard: false });
    const voices = [talker, other, listener];
    const announced = tone(1400, FRAME_SAMPLES * 50, { amplitude: 4000 });
    const tones = [500, 700, 900, 1400];
    assert.deepEqual([...heard(hear(voices, talker, 50, { announced }), tones)], [900, 1400]);
    assert.deepEqual([...heard(hear(voices, listener, 50, { announced }), tones)], [500, 900, 1400]);
    assert.deepEqual([...heard(hear(voices, talker, 50, { announced, spared: true }), tones)], [900]);
    assert.deepEqual([...heard(hear(voices, listener, 50, { announced, spared: true }), tones)], [500, 900]);
  });
});
