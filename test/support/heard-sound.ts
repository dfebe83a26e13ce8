import type { Codec } from '../../gateway/media/mixer/g711.js';
import type { Sound } from '../../gateway/sound.js';
import { eventually } from './eventually.js';
import { carried, firstSound } from './prompt.js';

/** What a sound is recognised by: its first 50 ms that are not silent. */
const RECOGNISED_SAMPLES = 400;
const FRAME_SAMPLES = 160;
/** Of a hundred frames, so many may be lost on a busy machine. */
const LOST_PERCENT = 3;

/** A sound found in a recording. */
export interface HeardSound {
  /** The sample it begins at. */
  readonly at: number;
  /** How much of it is there before something else, or the end of the recording. */
  readonly samples: number;
  readonly whole: boolean;
}

/** Finds a sound in a recording as the codec carried it, sample by sample. Give it clear of other voices. */
export function soundIn(
  recording: Int16Array,
  { samples }: Sound,
  { from = 0, codec = 'PCMU' }: { from?: number; codec?: Codec } = {},
): HeardSound | undefined {
  const wanted = carried(samples, codec);
  const lead = Math.max(0, firstSound(wanted));
  const recognised = wanted.subarray(lead, lead + RECOGNISED_SAMPLES);
  for (let begin = Math.max(from, lead); begin + recognised.length <= recording.length; begin++) {
    if (!equalAt(recording, begin, recognised)) continue;
    const heard = lengthHeard(recording, begin, wanted.subarray(lead)) + lead;
    return { at: begin - lead, samples: heard, whole: heard === wanted.length };
  }
  return undefined;
}

/** How often a sound begins in a recording. */
export function timesHeard(recording: Int16Array, sound: Sound): number {
  let times = 0;
  for (let from = 0; ; times++) {
    const found = soundIn(recording, sound, { from });
    if (found === undefined) return times;
    from = found.at + Math.max(found.samples, RECOGNISED_SAMPLES);
  }
}

/** Waits until somebody has heard a sound whole; what they heard before `from` does not count. */
export async function hearsWhole(
  who: string,
  ear: { heard(): Int16Array },
  sound: Sound,
  { from = 0, deadlineMs = 20_000 }: { from?: number; deadlineMs?: number } = {},
): Promise<HeardSound> {
  const found = await eventually(
    `${who} to hear a sound of ${sound.samples.length} samples`,
    () => soundIn(ear.heard(), sound, { from }),
    (heard) => heard?.whole === true,
    deadlineMs,
  );
  if (found === undefined) throw new Error('found and not found');
  return found;
}

/** Waits until somebody hears the beginning of a sound. */
export async function beginsToHear(
  who: string,
  ear: { heard(): Int16Array },
  sound: Sound,
  { from = 0, deadlineMs = 20_000 }: { from?: number; deadlineMs?: number } = {},
): Promise<void> {
  await eventually(
    `${who} to begin to hear a sound`,
    () => soundIn(ear.heard(), sound, { from }),
    (heard) => heard !== undefined,
    deadlineMs,
  );
}

function equalAt(recording: Int16Array, begin: number, wanted: Int16Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (recording[begin + i] !== wanted[i]) return false;
  return true;
}

function lengthHeard(recording: Int16Array, begin: number, wanted: Int16Array): number {
  let mayBeLost = Math.ceil((wanted.length / FRAME_SAMPLES / 100) * LOST_PERCENT);
  for (let at = 0; at < wanted.length; at += FRAME_SAMPLES) {
    const frame = wanted.subarray(at, at + FRAME_SAMPLES);
    if (begin + at + frame.length > recording.length) return at;
    if (equalAt(recording, begin + at, frame)) continue;
    if (mayBeLost-- === 0) return at;
  }
  return wanted.length;
}
